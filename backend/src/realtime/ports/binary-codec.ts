/** What bytes mean, or why they are refused; `id` where the sender can be answered. */
export type BinaryDecoded =
  | { readonly value: unknown; readonly fault?: undefined; readonly id?: undefined }
  | { readonly fault: string; readonly value?: undefined; readonly id?: number }

/** The values of JSON and bytes in a binary form. */
export abstract class BinaryCodec {
  /** Fields that are undefined are left out. */
  abstract encode(value: unknown): Uint8Array
  /**
   * Never throws, and takes no more memory than a few times the bytes. The value nests at most 32 deep. Its keys are
   * text and never `__proto__`, its numbers are those of JSON with integers up to 2^53, and bytes stand only in
   * `data.data`. The caller has bounded the size.
   */
  abstract decode(bytes: Buffer): BinaryDecoded
}
