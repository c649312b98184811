/** The `ok` of a reply that holds messages as the stream has them: their text is put in, not parsed and written again. */
export abstract class ReplyBody {
  abstract toText(): string
  /** The same for encodings that are not text: payloads of bytes are bytes. */
  abstract toValue(): unknown

  toJSON(): unknown {
    return JSON.parse(this.toText()) as unknown
  }
}

/** `fields` as JSON text with a last field whose value is text already. */
export function withField(fields: object, name: string, text: string): string {
  const head = JSON.stringify(fields)
  return `${head.slice(0, -1)}${head.length > 2 ? ',' : ''}"${name}":${text}}`
}
