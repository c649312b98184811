import { isUtf8 } from 'node:buffer'
import { limits } from '@gatehouse/protocol'

const CUT = 'the frame is not valid MessagePack'
const KEY = 'a key must be text'
const INTEGER = 'an integer beyond 2^53 is refused'
const NUMBER = 'a number that JSON cannot represent is refused'
const EXTENSION = 'extension types are refused'
const BYTES = 'bytes may only be a whole payload'
const NESTING = `nesting deeper than ${limits.jsonDepth} is refused`

/** Shorter text is checked here byte by byte, since most of it is ASCII. */
const SHORT_TEXT = 32

/**
 * Checks the bytes of a MessagePack frame before they are decoded; returns the first fault or undefined. Faults are
 * anything but one complete value, a declared length beyond the bytes, nesting beyond 32, keys that are not text or are
 * `__proto__`, integers beyond 2^53, extension types, text that is not UTF-8, and bytes anywhere but at `data.data`.
 * One pass without recursion, and no memory is allocated for declared lengths.
 */
export function faultInMsgpack(bytes: Buffer): string | undefined {
  return new Scan(bytes).fault()
}

class Scan {
  #at = 0
  #depth = 0
  /** Values still to come in each open container; keys count too, so in a map an even number means a key is next. */
  readonly #left: number[] = []
  readonly #isMap: boolean[] = []
  /** Whether the last key of the frame, and of the map in it, was `data`. */
  readonly #isData = [false, false]

  constructor(private readonly bytes: Buffer) {}

  fault(): string | undefined {
    do {
      const before = this.#depth
      const isKey = before > 0 && this.#isMap[before - 1] === true && (this.#left[before - 1] ?? 0) % 2 === 0
      const fault = isKey ? this.#key() : this.#value()
      if (fault !== undefined) return fault
      if (this.#depth === before) this.#done()
    } while (this.#depth > 0)
    return this.#at === this.bytes.length ? undefined : CUT
  }

  /** Completes a value, and every container of which it was the last value. */
  #done(): void {
    while (this.#depth > 0) {
      const left = (this.#left[this.#depth - 1] ?? 0) - 1
      this.#left[this.#depth - 1] = left
      if (left > 0) return
      this.#depth -= 1
    }
  }

  #key(): string | undefined {
    const length = this.#textLength(this.bytes[this.#at] ?? 0xc1)
    if (length === undefined) return KEY
    const from = this.#at
    const fault = this.#text(length)
    if (fault !== undefined) return fault
    if (length === 9 && this.bytes.toString('latin1', from, this.#at) === '__proto__')
      return '__proto__ is refused as a key'
    if (this.#depth <= 2) {
      this.#isData[this.#depth - 1] = length === 4 && this.bytes.toString('latin1', from, this.#at) === 'data'
    }
    return undefined
  }

  #value(): string | undefined {
    const head = this.bytes[this.#at]
    if (head === undefined) return CUT
    const length = this.#textLength(head)
    if (length !== undefined) return this.#text(length)
    this.#at += 1
    if (head < 0x80 || head >= 0xe0) return undefined
    if (head < 0x90) return this.#open(head & 0x0f, true)
    if (head < 0xa0) return this.#open(head & 0x0f, false)
    return this.#named(head)
  }

  #named(head: number): string | undefined {
    switch (head) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return undefined
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#unsigned(1 << (head - 0xc4)))
      case 0xca:
      case 0xcb:
        return this.#float(head === 0xca ? 4 : 8)
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#skip(1 << (head - 0xcc))
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#skip(1 << (head - 0xd0))
      case 0xcf:
      case 0xd3:
        return this.#long(head === 0xd3)
      case 0xdc:
      case 0xdd:
        return this.#open(this.#unsigned(head === 0xdc ? 2 : 4), false)
      case 0xde:
      case 0xdf:
        return this.#open(this.#unsigned(head === 0xde ? 2 : 4), true)
      default:
        return head === 0xc1 ? CUT : EXTENSION
    }
  }

  /** Begins a container of `count` values or pairs, each of at least one byte. */
  #open(count: number, isMap: boolean): string | undefined {
    const values = isMap ? count * 2 : count
    if (values > this.bytes.length - this.#at) return CUT
    if (this.#depth + 1 > limits.jsonDepth) return NESTING
    if (values === 0) return undefined
    this.#left[this.#depth] = values
    this.#isMap[this.#depth] = isMap
    if (this.#depth < 2) this.#isData[this.#depth] = false
    this.#depth += 1
    return undefined
  }

  #binary(length: number): string | undefined {
    const isPayload = this.#depth === 2 && this.#isData[0] === true && this.#isData[1] === true
    return isPayload ? this.#skip(length) : BYTES
  }

  /** The length in bytes of the text that begins with `head`, whose header it moves past; undefined if it is not text. */
  #textLength(head: number): number | undefined {
    if (head >= 0xa0 && head < 0xc0) {
      this.#at += 1
      return head & 0x1f
    }
    if (head < 0xd9 || head > 0xdb) return undefined
    this.#at += 1
    return this.#unsigned(1 << (head - 0xd9))
  }

  #text(length: number): string | undefined {
    const from = this.#at
    const fault = this.#skip(length)
    if (fault !== undefined || this.#isAscii(from, length)) return fault
    return isUtf8(this.bytes.subarray(from, this.#at)) ? undefined : 'text must be UTF-8'
  }

  #isAscii(from: number, length: number): boolean {
    if (length > SHORT_TEXT) return false
    for (let at = from; at < from + length; at += 1) if ((this.bytes[at] ?? 0x80) >= 0x80) return false
    return true
  }

  #float(length: 4 | 8): string | undefined {
    const from = this.#at
    if (this.#skip(length) !== undefined) return CUT
    const value = length === 4 ? this.bytes.readFloatBE(from) : this.bytes.readDoubleBE(from)
    return Number.isFinite(value) ? faultOf(value) : NUMBER
  }

  #long(isSigned: boolean): string | undefined {
    const from = this.#at
    if (this.#skip(8) !== undefined) return CUT
    const high = isSigned ? this.bytes.readInt32BE(from) : this.bytes.readUInt32BE(from)
    return faultOf(high * 4_294_967_296 + this.bytes.readUInt32BE(from + 4))
  }

  /** Reads a length of 1, 2 or 4 bytes; Infinity if they are missing, so that the length check fails. */
  #unsigned(length: number): number {
    const from = this.#at
    return this.#skip(length) === undefined ? this.bytes.readUIntBE(from, length) : Infinity
  }

  #skip(length: number): string | undefined {
    if (length > this.bytes.length - this.#at) return CUT
    this.#at += length
    return undefined
  }
}

function faultOf(value: number): string | undefined {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? INTEGER : undefined
}
