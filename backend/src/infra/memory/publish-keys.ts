import { createHash } from 'node:crypto'
import { limits } from '@gatehouse/protocol'
import type { BusMessage, Payload, StreamPosition } from '../../realtime/ports/bus.js'

/** Keys of all rooms together; beyond this the oldest are forgotten early. */
const MOST_KEYS = 200_000

interface Used extends StreamPosition {
  readonly digest: string
  readonly untilMs: number
}

/** The publish keys used in the last 5 min, with a digest of their message and its position. */
export class PublishKeys {
  readonly #used = new Map<string, Used>()

  /** The position of the key's message; `conflict` if the key was used for other data; undefined if it is unused. */
  find(room: string, message: BusMessage, nowMs: number): StreamPosition | 'conflict' | undefined {
    const used = this.#used.get(nameOf(room, message))
    if (used === undefined || used.untilMs <= nowMs) return undefined
    return used.digest === digestOf(message) ? used : 'conflict'
  }

  add(room: string, message: BusMessage, { epoch, offset }: StreamPosition, nowMs: number): void {
    const name = nameOf(room, message)
    // Deleted first, so that the map stays in order of age.
    this.#used.delete(name)
    this.#used.set(name, { epoch, offset, digest: digestOf(message), untilMs: nowMs + limits.keyLifetimeMs })
    if (this.#used.size > MOST_KEYS) {
      const [oldest] = this.#used.keys()
      if (oldest !== undefined) this.#used.delete(oldest)
    }
  }

  /** Forgets expired keys. */
  expire(nowMs: number): void {
    for (const [name, { untilMs }] of this.#used) {
      if (untilMs > nowMs) return
      this.#used.delete(name)
    }
  }
}

function nameOf(room: string, message: BusMessage): string {
  return `${room}\n${message.scope ?? ''}\n${message.key ?? ''}`
}

/** Bytes never equal a JSON value, even if their texts are the same. */
function digestOf({ data, isBytes }: Payload): string {
  return createHash('sha256')
    .update(isBytes ? 'bytes:' : 'json:')
    .update(data)
    .digest('base64')
}
