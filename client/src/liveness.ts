import type { Clock } from './clock.js'

/** How long after our ping anything may take to arrive before the connection counts as lost, milliseconds. */
const PONG_MS = 10_000

/** The same after the machine or the page woke up, when a dead connection is likely. */
const WAKE_PONG_MS = 5000

/** Asks for a sign of life after a silence; pages cannot see the server's own pings. One timer, re-armed when it fires. */
export class Liveness {
  #heardAt = 0
  #pingMs = 0
  #isWaiting = false
  #cancel = (): void => {}

  constructor(
    private readonly clock: Clock,
    private readonly ping: () => void,
    private readonly onSilent: () => void,
  ) {}

  start(pingMs: number): void {
    this.#pingMs = pingMs
    this.heard()
    this.#watch()
  }

  heard(): void {
    this.#heardAt = this.clock.now()
    this.#isWaiting = false
  }

  stop(): void {
    this.#cancel()
  }

  /** Asks at once, after an event that may have cut the connection without anybody noticing. */
  check(): void {
    if (!this.#isWaiting) this.#ask(WAKE_PONG_MS)
  }

  #watch(): void {
    this.#cancel()
    this.#cancel = this.clock.after(this.#heardAt + this.#pingMs - this.clock.now(), () => {
      if (this.clock.now() - this.#heardAt < this.#pingMs) this.#watch()
      else this.#ask(PONG_MS)
    })
  }

  #ask(pongMs: number): void {
    this.#cancel()
    // A flag, because comparing times fails if the answer comes in the same millisecond as the question.
    this.#isWaiting = true
    this.#cancel = this.clock.after(pongMs, () => {
      if (this.#isWaiting) this.onSilent()
      else this.#watch()
    })
    this.ping()
  }
}
