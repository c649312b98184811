import type { MessageFrame } from '@gatehouse/protocol'
import { messageValue } from '../encoding/json-values.js'
import type { StreamMessage } from '../ports/bus.js'
import type { Room } from './room.js'

/** Messages of one room on their way into a reply. */
export class Messages {
  #text: string | null = null

  constructor(
    private readonly room: Room,
    readonly items: readonly StreamMessage[],
  ) {}

  /** Bytes of the frames as JSON text. */
  get bytes(): number {
    return Buffer.byteLength(this.toText())
  }

  /** Their frames as a JSON array, encoded when first asked for. */
  toText(): string {
    this.#text ??= `[${this.items.map((message) => this.room.frameText(message, message.offset === 1)).join(',')}]`
    return this.#text
  }

  /** Their frames, with payloads of bytes as bytes. */
  toValue(): object[] {
    return this.items.map((message) => messageValue(this.room.frameText(message, message.offset === 1)))
  }

  toJSON(): MessageFrame[] {
    return JSON.parse(this.toText()) as MessageFrame[]
  }
}
