import { reconnectDelayMs } from './backoff.js'
import type { Clock } from './clock.js'
import type { Link } from './link.js'
import type { Memberships } from './memberships.js'

/** Wait between two tries to leave a drained node, milliseconds: it may be the only node and refuse them all. */
const AGAIN_MS = 5000
/** How long the former link is kept for what is still on its way, milliseconds; as long as servers allow both. */
const OVERLAP_MS = 10_000

/**
 * Leaves a node that is drained: the next link opens and takes over before the former one closes. Where no other node
 * can be reached the former link stays, until the server closes it.
 */
export class Handover {
  #attempt = 0
  #next: Link | undefined
  #former: Link | undefined
  #cancelNext = (): void => {}
  #cancelOverlap = (): void => {}

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly timeoutMs: number,
    private readonly memberships: Memberships,
    private readonly open: () => Link,
  ) {}

  /** Opens the next link in `afterMs`. */
  plan(afterMs: number): void {
    if (this.#next !== undefined) return
    this.#cancelNext()
    this.#cancelNext = this.clock.after(afterMs, () => {
      const next = this.open()
      this.#next = next
      this.#cancelNext = this.clock.after(this.timeoutMs, () => this.lost(next, true))
    })
  }

  isFormer(link: Link): boolean {
    return this.#former === link
  }

  /** The next link is authenticated; `former` is read until each room is read on the next one. */
  begin(former: Link): void {
    this.end()
    this.#forgetNext()
    this.#attempt = 0
    this.#former = former
    this.memberships.keepReadingFormer()
    this.#cancelOverlap = this.clock.after(OVERLAP_MS, () => this.end())
    this.check()
  }

  /** One of the two links ended by itself. */
  lost(link: Link, mayTryAgain: boolean): void {
    if (link === this.#former) return this.end()
    if (link !== this.#next) return
    this.#forgetNext()
    link.drop(1000, 'the next connection could not be opened')
    if (!mayTryAgain) return
    this.plan(reconnectDelayMs(this.#attempt, this.random(), AGAIN_MS))
    this.#attempt += 1
  }

  /** Closes the former link as soon as nothing more is expected from it. */
  check(): void {
    if (this.#former?.isQuiet === true && !this.memberships.isReadingFormer) this.end()
  }

  /** Closes the former link, if there is one. */
  end(): void {
    const former = this.#former
    if (former === undefined) return
    this.#former = undefined
    this.#cancelOverlap()
    former.drop(1000, 'the connection moved to another node')
    this.memberships.stopReadingFormer()
  }

  /** Hands over the link that is being opened, because it is now the only one. */
  takeNext(): Link | undefined {
    const next = this.#next
    this.#forgetNext()
    return next
  }

  stop(): void {
    this.#attempt = 0
    this.takeNext()?.drop(1000, 'no longer needed')
    this.end()
  }

  #forgetNext(): void {
    this.#cancelNext()
    this.#next = undefined
  }
}
