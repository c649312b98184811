/** The `ok` of a reply with messages of a stream: their text is inserted as it is, not parsed and written again. */
export abstract class ReplyBody {
  abstract toText(): string
  /** The same for encodings that are not text: payloads of bytes are bytes. */
  abstract toValue(): unknown

  toJSON(): unknown {
    return JSON.parse(this.toText()) as unknown
  }
}

/** `fields` as JSON text with one more field, whose value is JSON text already. */
export function withField(fields: object, name: string, text: string): string {
  const head = JSON.stringify(fields)
  return `${head.slice(0, -1)}${head.length > 2 ? ',' : ''}"${name}":${text}}`
}
