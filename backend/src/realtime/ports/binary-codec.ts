/** What bytes said, or why they are refused; `id` where the sender can be answered. */
export type BinaryDecoded =
  | { readonly value: unknown; readonly fault?: undefined; readonly id?: undefined }
  | { readonly fault: string; readonly value?: undefined; readonly id?: number }

/** The values of JSON and bytes in a binary form. */
export abstract class BinaryCodec {
  /** Fields that are undefined are left out. */
  abstract encode(value: unknown): Uint8Array
  /**
   * Total: never throws, and takes no more memory than a few times the bytes. What it answers nests at most 32 deep,
   * has text for keys and never `__proto__`, no integer beyond 2^53 and no number JSON could not say; bytes stand in
   * no place but `data.data`. The caller has bounded the size.
   */
  abstract decode(bytes: Buffer): BinaryDecoded
}
