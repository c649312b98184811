import type { Books } from '../books/books.js'
import type { Cancel } from '../ports/clock.js'
import type { HubPorts } from '../ports/hub-ports.js'
import type { HubSettings } from '../ports/hub-settings.js'
import type { Closer } from './closer.js'
import type { Connection } from './connection.js'
import type { Registry } from './registry.js'
import type { Replier } from './replier.js'

const TICK_MS = 250
/** Each connection is looked at once in this many ticks. */
const TICKS_A_ROUND = 4
/** While our own loop lags more than this, no connection is judged by its silence. */
const LAG_MS = 1_000
/** An outbox that was empty this long gives its memory back. */
const REST_MS = 10_000

/** A part that acts when its own deadlines are due. */
interface Ticking {
  tick(nowMs: number): void
}

export interface SweepParts {
  readonly ports: HubPorts
  readonly settings: HubSettings
  readonly books: Books
  readonly registry: Registry
  readonly closer: Closer
  readonly replier: Replier
  /** What is due at each tick, in order, before connections are looked at, and after. */
  readonly before: readonly Ticking[]
  readonly after: readonly Ticking[]
  /** What is due once in `roundMs`. */
  readonly round: (nowMs: number, roundMs: number) => void
  /** A connection's token has ended: what it gave is void. */
  readonly expire: (connection: Connection) => void
}

/** Looks at all connections, a quarter of them every 250 ms, so that none needs a timer of its own. */
export class Sweep {
  readonly #parts: SweepParts
  readonly #cancel: Cancel
  #at = 0
  #tickedAtMs: number
  #trustedFromMs = 0
  #ticks = 0

  constructor(parts: SweepParts) {
    const { clock } = parts.ports
    this.#parts = parts
    this.#tickedAtMs = clock.nowMs()
    this.#cancel = clock.every(TICK_MS, () => this.#tick())
  }

  stop(): void {
    this.#cancel()
  }

  /** When the first ping of a connection that opens now is due: any moment of the first interval, its end included. */
  firstPingAtMs(nowMs: number): number {
    return nowMs + this.#parts.settings.pingMs * (1 - this.#parts.ports.random.number())
  }

  #tick(): void {
    const { ports, settings, closer, before, after, round } = this.#parts
    const nowMs = ports.clock.nowMs()
    const wallMs = ports.clock.wallMs()
    const lagMs = Math.max(nowMs - this.#tickedAtMs - TICK_MS, settings.loopDelayMs?.() ?? 0)
    this.#tickedAtMs = nowMs
    // What arrived during a stall is read only after this tick; silence counts again once it has been read.
    if (lagMs > LAG_MS) this.#trustedFromMs = nowMs + LAG_MS
    for (const part of before) part.tick(nowMs)
    this.#lookAtSlice(nowMs, wallMs)
    closer.tick(nowMs)
    for (const part of after) part.tick(nowMs)
    this.#shedNode()
    this.#ticks += 1
    if (this.#ticks % TICKS_A_ROUND === 0) round(nowMs, TICK_MS * TICKS_A_ROUND)
  }

  #lookAtSlice(nowMs: number, wallMs: number): void {
    const { list } = this.#parts.registry
    if (this.#at >= list.length) this.#at = 0
    // Copied, because a verdict can take connections out of the list.
    const slice = list.slice(this.#at, this.#at + Math.ceil(list.length / TICKS_A_ROUND))
    this.#at += slice.length
    for (const c of slice) {
      c.health.measure(nowMs, c.outbox.writtenDeliveries)
      if (c.closing === null) this.#look(c, nowMs, wallMs)
    }
  }

  #look(c: Connection, nowMs: number, wallMs: number): void {
    this.#parts.replier.tellErrors(c, nowMs)
    this.#lookAtIdentity(c, nowMs, wallMs)
    if (c.closing !== null) return
    this.#lookAtOutbox(c, nowMs)
    if (c.closing !== null) return
    this.#lookAtPulse(c, nowMs)
    const { idleTimeoutMs } = this.#parts.settings
    if (c.closing !== null) return
    if (c.health.endsAtMs > 0 && nowMs >= c.health.endsAtMs) {
      this.#parts.closer.disconnect(c, 'max_lifetime', { limit: this.#parts.settings.maxLifetimeMs })
    } else if (idleTimeoutMs > 0 && c.state === 'open' && !c.isUnread && this.#isSilent(c, nowMs, idleTimeoutMs)) {
      this.#parts.closer.disconnect(c, 'idle_timeout', { limit: idleTimeoutMs })
    }
  }

  #isSilent(c: Connection, nowMs: number, timeoutMs: number): boolean {
    return nowMs >= this.#trustedFromMs && nowMs - c.health.frameAtMs >= timeoutMs
  }

  #lookAtIdentity(c: Connection, nowMs: number, wallMs: number): void {
    const { authTimeoutMs, expiryGraceMs } = this.#parts.settings
    if (c.state === 'authenticating') {
      if (authTimeoutMs > 0 && nowMs - c.health.openedAtMs >= authTimeoutMs && nowMs >= this.#trustedFromMs) {
        this.#parts.closer.disconnect(c, 'auth_timeout', { limit: authTimeoutMs })
      }
      return
    }
    if (c.token === null || wallMs < c.token.expiresAt) return
    const { expiresAt } = c.token
    if (wallMs >= expiresAt + expiryGraceMs) this.#parts.closer.disconnect(c, 'auth_expired', { expiresAt })
    else if (c.memberships.size > 0) this.#parts.expire(c)
  }

  #lookAtOutbox(c: Connection, nowMs: number): void {
    const { outbox } = c
    const { outboxMaxAgeMs } = this.#parts.settings
    if (outbox.queuedBytes === 0) {
      if (nowMs - c.health.frameAtMs > REST_MS) outbox.rest()
      return
    }
    outbox.dropBefore(nowMs - outboxMaxAgeMs)
    const isStuck = outbox.stalledMs(nowMs) >= outboxMaxAgeMs || outbox.oldestWaitingMs(nowMs) >= outboxMaxAgeMs
    if (isStuck && nowMs >= this.#trustedFromMs) {
      this.#parts.closer.disconnect(c, 'slow_consumer_deadline', { limit: outboxMaxAgeMs })
    }
  }

  #lookAtPulse(c: Connection, nowMs: number): void {
    const { pingMs, pongMs } = this.#parts.settings
    if (pingMs <= 0 || c.isUnread) return
    if (c.health.pingSentMs > 0) {
      if (c.health.heardAtMs >= c.health.pingSentMs) c.health.forgivePing()
      else if (nowMs - c.health.pingSentMs >= pongMs) {
        if (nowMs < this.#trustedFromMs) this.#parts.books.verdictsSuspended += 1
        else if (c.outbox.queuedBytes > this.#parts.settings.outboxSoftBytes)
          this.#parts.closer.disconnect(c, 'slow_consumer_deadline', {})
        else this.#parts.closer.disconnect(c, 'ping_timeout', { limit: pongMs })
        return
      }
    }
    if (nowMs < c.health.pingDueMs) return
    c.health.pinged(nowMs, nowMs + pingMs)
    c.socket.ping()
  }

  /** All outboxes together exceed the node's budget: drops what may go, then closes the fullest connections. */
  #shedNode(): void {
    const most = this.#parts.settings.outboxNodeBytes
    if (most <= 0 || this.#parts.books.queuedBytes <= most) return
    const fullest = this.#parts.registry.list.filter((c) => c.closing === null && c.outbox.queuedBytes > 0)
    fullest.sort((a, b) => b.outbox.queuedBytes - a.outbox.queuedBytes)
    for (const c of fullest) {
      if (this.#parts.books.queuedBytes <= most) return
      c.outbox.shed('node_budget')
    }
    for (const c of fullest) {
      if (this.#parts.books.queuedBytes <= most) return
      const retryAfterMs = Math.round(1_000 + this.#parts.ports.random.number() * 9_000)
      this.#parts.closer.disconnect(
        c,
        'overload_shed',
        { limit: most, value: this.#parts.books.queuedBytes, retryAfterMs },
        { flushMs: 0 },
      )
    }
  }
}
