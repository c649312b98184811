/** Whether `text` matches `pattern`, where `*` stands for any run of characters. Backtracks only to the last star. */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let resume = 0
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++
      resume = t
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/** The same pattern for SQL's LIKE with `\` as escape. */
export function globToLike(pattern: string): string {
  return pattern.replaceAll(/[\\%_]/g, (c) => `\\${c}`).replaceAll('*', '%')
}
