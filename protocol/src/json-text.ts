import { limits } from './limits.js'

const QUOTE = 34
const BACKSLASH = 92

/**
 * What makes a JSON text unacceptable before it is parsed, or undefined: nesting beyond 32, a `__proto__` key, an
 * integer beyond 2^53. Looked for in the text, so that no recursion ever walks what a stranger nested.
 */
export function faultInJson(text: string): string | undefined {
  let depth = 0
  let digits = 0
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i)
    if (c === QUOTE) {
      const start = i + 1
      let escaped = false
      for (i = start; i < text.length; i += 1) {
        const inside = text.charCodeAt(i)
        if (inside === BACKSLASH) {
          escaped = true
          i += 1
        } else if (inside === QUOTE) break
      }
      if ((escaped || i - start === 9) && isPrototypeKey(text, start, i, escaped))
        return '__proto__ is refused as a key'
      digits = 0
    } else if (c === 123 || c === 91) {
      depth += 1
      if (depth > limits.jsonDepth) return `nesting deeper than ${limits.jsonDepth} is refused`
      digits = 0
    } else if (c === 125 || c === 93) {
      depth -= 1
      digits = 0
    } else if (c >= 48 && c <= 57) {
      digits += 1
      if (digits >= 16 && isUnsafeInteger(text, i - digits + 1)) return 'an integer beyond 2^53 is refused'
    } else digits = 0
  }
  return undefined
}

function isPrototypeKey(text: string, start: number, end: number, escaped: boolean): boolean {
  if (!escaped) return text.startsWith('__proto__', start) && isKey(text, end)
  if (end - start > 54) return false
  try {
    return JSON.parse(text.slice(start - 1, end + 1)) === '__proto__' && isKey(text, end)
  } catch {
    return false
  }
}

function isKey(text: string, quote: number): boolean {
  let at = quote + 1
  while (at < text.length && text.charCodeAt(at) <= 32) at += 1
  return text.charCodeAt(at) === 58
}

function isUnsafeInteger(text: string, start: number): boolean {
  const before = text[start - 1]
  if (before === '.' || before === 'e' || before === 'E') return false
  if ((before === '+' || before === '-') && /[eE]/.test(text[start - 2] ?? '')) return false
  let end = start
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end += 1
  const after = text[end]
  if (after === '.' || after === 'e' || after === 'E') return false
  const value = Number(text.slice(start, end))
  return !Number.isSafeInteger(value)
}
