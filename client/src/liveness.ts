import type { Clock } from './clock.js'

/** How long after our ping anything may take to arrive before the connection counts as lost, milliseconds. */
export const PONG_MS = 10_000

/** Asks for a sign of life after a silence; pages cannot see the server's own pings. One timer, re-armed when it fires. */
export class Liveness {
  #heardAt = 0
  #isWaiting = false
  #cancel = (): void => {}

  constructor(
    private readonly clock: Clock,
    private readonly ping: () => void,
    private readonly onSilent: () => void,
  ) {}

  start(pingMs: number): void {
    this.heard()
    this.#watch(pingMs)
  }

  heard(): void {
    this.#heardAt = this.clock.now()
    this.#isWaiting = false
  }

  stop(): void {
    this.#cancel()
  }

  #watch(pingMs: number): void {
    this.#cancel()
    this.#cancel = this.clock.after(this.#heardAt + pingMs - this.clock.now(), () => {
      if (this.clock.now() - this.#heardAt < pingMs) return this.#watch(pingMs)
      // A flag, not two times compared: an answer may come within the millisecond of its question.
      this.#isWaiting = true
      this.#cancel = this.clock.after(PONG_MS, () => {
        if (this.#isWaiting) this.onSilent()
        else this.#watch(pingMs)
      })
      this.ping()
    })
  }
}
