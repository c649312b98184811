import { parseRange, rangeKey } from '../address-range.js'

/** Finds the ranges that contain an address, with one look-up for each prefix length in use. */
export class AddressMatcher<T> {
  /** By width (4 or 16 bytes), then by prefix length, longest first. */
  readonly #byWidth = new Map<number, Map<number, Map<string, T>>>()

  /** @param ranges the text of an address or range, with its value; texts that cannot be parsed are left out */
  constructor(ranges: Iterable<readonly [string, T]>) {
    for (const [text, value] of ranges) {
      const range = parseRange(text)
      if (range === undefined) continue
      const byBits = getOrMake(this.#byWidth, range.bytes.length, () => new Map<number, Map<string, T>>())
      getOrMake(byBits, range.bits, () => new Map<string, T>()).set(rangeKey(range.bytes, range.bits), value)
    }
    for (const [width, byBits] of this.#byWidth)
      this.#byWidth.set(width, new Map([...byBits].sort(([a], [b]) => b - a)))
  }

  /** The value of the narrowest range that contains the address and passes `isValid`. */
  find(address: string, isValid: (value: T) => boolean): T | undefined {
    if (this.#byWidth.size === 0) return undefined
    const range = parseRange(address)
    if (range === undefined) return undefined
    for (const [bits, byKey] of this.#byWidth.get(range.bytes.length) ?? []) {
      const value = byKey.get(rangeKey(range.bytes, bits))
      if (value !== undefined && isValid(value)) return value
    }
    return undefined
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}
