import { createHash } from 'node:crypto'
import { limits } from '@gatehouse/protocol'
import type { DirectPublished } from '@gatehouse/protocol/rest'

/** Keys of all callers together; beyond this the oldest are forgotten early. */
const MOST_KEYS = 100_000

interface Sent {
  readonly digest: string
  readonly result: DirectPublished
  readonly untilMs: number
}

/** The keys of messages sent to users and connections in the last 5 min; for messages to rooms, the room keeps them. */
export class SentKeys {
  readonly #sent = new Map<string, Sent>()

  /** The earlier result under this name; `conflict` if it was used for other data; undefined if it was not used. */
  find(name: string, data: string, nowMs: number): DirectPublished | 'conflict' | undefined {
    const sent = this.#sent.get(name)
    if (sent === undefined || sent.untilMs <= nowMs) return undefined
    return sent.digest === digestOf(data) ? sent.result : 'conflict'
  }

  add(name: string, data: string, result: DirectPublished, nowMs: number): void {
    // Deleted first, so that the map stays in order of age.
    this.#sent.delete(name)
    this.#sent.set(name, { digest: digestOf(data), result, untilMs: nowMs + limits.keyLifetimeMs })
    for (const [oldest, { untilMs }] of this.#sent) {
      if (untilMs > nowMs && this.#sent.size <= MOST_KEYS) return
      this.#sent.delete(oldest)
    }
  }
}

function digestOf(data: string): string {
  return createHash('sha256').update(data).digest('base64')
}
