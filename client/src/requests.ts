import { limits, type Reply } from '@gatehouse/protocol'
import type { Clock } from './clock.js'
import { RequestError } from './request-error.js'

interface Pending {
  readonly settle: (ok: unknown) => void
  readonly fail: (error: RequestError) => void
  readonly cancelTimeout: () => void
}

/** The requests of one connection that wait for their reply. */
export class Requests {
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  get isEmpty(): boolean {
    return this.#pending.size === 0
  }

  /**
   * Hands a frame with a fresh id to `send`; settles with the reply's `ok`, or fails with a `RequestError`. `take` has the
   * `ok` at once, before the next frame is read: a promise may go on only after the frames of the same chunk.
   */
  ask<T>(event: string, data: unknown, send: (frame: object) => void, take: (ok: T) => void = () => {}): Promise<T> {
    const id = this.#nextId()
    return new Promise<T>((resolve, reject) => {
      const cancelTimeout = this.clock.after(this.timeoutMs, () => {
        this.#pending.delete(id)
        reject(new RequestError('timeout', `no reply to ${event} within ${this.timeoutMs} ms`))
      })
      this.#pending.set(id, {
        settle: (ok) => {
          take(ok as T)
          resolve(ok as T)
        },
        fail: reject,
        cancelTimeout,
      })
      send({ id, event, data })
    })
  }

  /** Settles what the reply answers; false when nothing waits for it. */
  settle(reply: Reply): boolean {
    const pending = this.#pending.get(reply.id)
    if (pending === undefined) return false
    this.#pending.delete(reply.id)
    pending.cancelTimeout()
    if ('error' in reply) pending.fail(RequestError.of(reply.error))
    else pending.settle(reply.ok)
    return true
  }

  /** Fails everything that waits. */
  abandon(message: string): void {
    const waiting = [...this.#pending.values()]
    this.#pending.clear()
    for (const pending of waiting) {
      pending.cancelTimeout()
      pending.fail(new RequestError('disconnected', message))
    }
  }

  #nextId(): number {
    do this.#lastId = this.#lastId >= limits.requestId ? 1 : this.#lastId + 1
    while (this.#pending.has(this.#lastId))
    return this.#lastId
  }
}
