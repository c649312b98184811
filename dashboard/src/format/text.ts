/** One run of text: as it is, or the name of a character that would hide, reorder or end the text around it. */
export interface TextRun {
  readonly text: string
  /** True when `text` is a stand-in like "U+202E" for a character that is not shown itself. */
  readonly hidden: boolean
}

// Controls, invisible formatting, bidirectional overrides, variation selectors, tags and the byte order mark.
const UNSAFE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|\u034f|[\u180b-\u180d]|[\ufe00-\ufe0f]|[\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu

/** Splits text chosen by clients into what is shown as it is and the names of what is not. */
export function visibleRuns(text: string): TextRun[] {
  const runs: TextRun[] = []
  let from = 0
  for (const match of text.matchAll(UNSAFE)) {
    if (match.index > from) runs.push({ text: text.slice(from, match.index), hidden: false })
    runs.push({ text: codePoint(match[0]), hidden: true })
    from = match.index + match[0].length
  }
  if (from < text.length) runs.push({ text: text.slice(from), hidden: false })
  return runs
}

/** The same in one string, for titles and labels: "a\u202eb" is "a⟨U+202E⟩b". */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => `⟨${codePoint(character)}⟩`)
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** A client's name with its version, if it sent one: "web/3.8.1"; "–" for a client without a name. */
export function clientName(client: { readonly name: string; readonly version?: string } | null): string {
  return client ? [client.name, client.version].filter(Boolean).join('/') : '–'
}

/** Makes the first letter upper case, for a word that begins a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
