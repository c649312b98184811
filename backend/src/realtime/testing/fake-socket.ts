import { decode } from '@msgpack/msgpack'
import type { Parcel } from '../ports/parcel.js'
import { Socket } from '../ports/socket.js'

export interface SentFrame {
  readonly event?: string
  readonly id?: number
  readonly [field: string]: unknown
}

interface Write {
  readonly parcel: Parcel
  readonly done: (error?: Error) => void
}

/**
 * A client's socket in tests. By default it takes every write at once and calls back when the test says `flush()`, or
 * immediately with `isInstant`; after `freeze()` the client reads no more.
 */
export class FakeSocket extends Socket {
  isOpen = true
  /** All parcels ever written, for asking whether two members got the same. */
  readonly parcels: Parcel[] = []
  /** What the client has read so far, decoded, and every close frame in its place. */
  readonly frames: SentFrame[] = []
  pings = 0
  pauses = 0
  resumes = 0
  isPaused = false
  closed: { readonly code: number; readonly text: string } | null = null
  isTerminated = false
  /** A client that is alive answers pings. */
  answersPings = true
  onPing: () => void = () => {}
  /** Called when the core sends its close frame: what the client does then. */
  onClose: () => void = () => {}
  onTerminate: () => void = () => {}
  readonly #writes: Write[] = []
  #bytes = 0
  #isFrozen = false
  #error: Error = Object.assign(new Error('EPIPE'), { code: 'EPIPE' })

  constructor(private readonly isInstant = true) {
    super()
  }

  override get bufferedBytes(): number {
    return this.#bytes
  }

  override write(parcel: Parcel, done: (error?: Error) => void): boolean {
    if (!this.isOpen) {
      queueMicrotask(() => done(this.#error))
      return false
    }
    this.parcels.push(parcel)
    if (this.isInstant && !this.#isFrozen && this.#writes.length === 0) {
      this.#read(parcel)
      return true
    }
    this.#writes.push({ parcel, done })
    this.#bytes += parcel.wire.length
    return false
  }

  override ping(): void {
    this.pings += 1
    if (this.answersPings) this.onPing()
  }

  override close(code: number, text: string): void {
    if (this.closed !== null) return
    this.closed = { code, text }
    this.onClose()
  }

  override terminate(): void {
    this.isTerminated = true
    this.isOpen = false
    this.onTerminate()
  }

  override pause(): void {
    this.isPaused = true
    this.pauses += 1
  }

  override resume(): void {
    this.isPaused = false
    this.resumes += 1
  }

  /** The client reads the next `count` writes, or all. */
  flush(count = Infinity): void {
    for (let i = 0; i < count && !this.#isFrozen; i += 1) {
      const write = this.#writes.shift()
      if (write === undefined) return
      this.#bytes -= write.parcel.wire.length
      this.#read(write.parcel)
      write.done()
    }
  }

  #read({ payloads, isBinary }: Parcel): void {
    for (const payload of payloads) {
      this.frames.push((isBinary ? decode(payload) : JSON.parse(payload.toString())) as SentFrame)
    }
  }

  /** The client stops reading. */
  freeze(): void {
    this.#isFrozen = true
  }

  thaw(): void {
    this.#isFrozen = false
    if (this.isInstant) this.flush()
  }

  /** The connection breaks: whatever was under way fails; without a code when the socket had merely closed before. */
  fail(code: string | null): void {
    this.isOpen = false
    this.#error = code === null ? new Error('closed before') : Object.assign(new Error(code), { code })
    for (const write of this.#writes.splice(0)) {
      this.#bytes -= write.parcel.wire.length
      write.done(this.#error)
    }
  }

  /** The frames of one event. */
  of(event: string): SentFrame[] {
    return this.frames.filter((frame) => frame.event === event)
  }

  /** The reply to a request, or undefined while there is none. */
  reply(id: number): SentFrame | undefined {
    return this.frames.find((frame) => frame.id === id)
  }

  /** Offsets of the messages of a room, in the order read. */
  offsets(room: string): number[] {
    return this.of('message')
      .filter((frame) => frame['room'] === room)
      .map((frame) => frame['offset'] as number)
  }
}
