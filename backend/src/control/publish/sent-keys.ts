import { createHash } from 'node:crypto'
import { limits } from '@gatehouse/protocol'
import type { DirectPublished } from '@gatehouse/protocol/rest'

/** Keys of all callers together; beyond it the oldest are forgotten before their time. */
const MOST_KEYS = 100_000

interface Sent {
  readonly digest: string
  readonly result: DirectPublished
  readonly untilMs: number
}

/** Which keys messages to users and connections were sent under in the last 5 min: no room remembers those. */
export class SentKeys {
  readonly #sent = new Map<string, Sent>()

  /** What the name's message came to; `conflict` when it was sent other data; undefined: it was sent nothing. */
  find(name: string, data: string, nowMs: number): DirectPublished | 'conflict' | undefined {
    const sent = this.#sent.get(name)
    if (sent === undefined || sent.untilMs <= nowMs) return undefined
    return sent.digest === digestOf(data) ? sent.result : 'conflict'
  }

  add(name: string, data: string, result: DirectPublished, nowMs: number): void {
    // Set anew, so that the map stays in order of age.
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
