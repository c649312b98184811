import type { Books } from '../books/books.js'
import type { Closer } from './closer.js'
import type { Connection } from './connection.js'
import type { Floors } from '../rooms/floors.js'
import type { HubPorts, HubSettings } from '../ports/hub-settings.js'
import type { Joiner } from '../rooms/joiner.js'
import type { Limiter } from '../limits/limiter.js'
import type { Cancel } from '../ports/clock.js'
import type { Registry } from './registry.js'
import type { Replier } from './replier.js'
import type { RoomDirectory } from '../rooms/room-directory.js'
import type { Superseding } from './superseding.js'

const TICK_MS = 250
/** Each connection is looked at once in this many ticks. */
const TICKS_A_ROUND = 4
/** No verdict on anybody's silence while our own loop lags more. */
const LAG_MS = 1_000
/** Rates are means of about the last 5 s. */
const RATE_WINDOW_MS = 5_000
/** An outbox that was empty this long gives its memory back. */
const REST_MS = 10_000

/** Looks at all connections and rooms, a quarter of them each 250 ms: nobody has a timer of its own. */
export class Sweep {
  private readonly cancel: Cancel
  private at = 0
  private tickedAtMs: number
  private trustedFromMs = 0
  private ticks = 0

  constructor(
    private readonly ports: HubPorts,
    private readonly settings: HubSettings,
    private readonly books: Books,
    private readonly registry: Registry,
    private readonly rooms: RoomDirectory,
    private readonly closer: Closer,
    private readonly replier: Replier,
    private readonly limiter: Limiter,
    private readonly joiner: Joiner,
    private readonly superseding: Superseding,
    private readonly floors: Floors,
  ) {
    this.tickedAtMs = ports.clock.nowMs()
    this.cancel = ports.clock.every(TICK_MS, () => this.tick())
  }

  stop(): void {
    this.cancel()
  }

  /** When the first ping of a connection that opens now is due: any moment of the first interval, its end included. */
  firstPingAtMs(nowMs: number): number {
    return nowMs + this.settings.pingMs * (1 - this.ports.random.number())
  }

  private tick(): void {
    const nowMs = this.ports.clock.nowMs()
    const wallMs = this.ports.clock.wallMs()
    const lagMs = Math.max(nowMs - this.tickedAtMs - TICK_MS, this.settings.loopDelayMs?.() ?? 0)
    this.tickedAtMs = nowMs
    // What arrived during a stall is read only after this tick: silence counts again once it was.
    if (lagMs > LAG_MS) this.trustedFromMs = nowMs + LAG_MS
    this.limiter.tick(nowMs)
    this.superseding.tick(nowMs)
    this.lookAtSlice(nowMs, wallMs)
    this.closer.tick(nowMs)
    this.rooms.presencePushes.tick(nowMs)
    this.shedNode()
    this.ticks += 1
    if (this.ticks % TICKS_A_ROUND !== 0) return
    this.floors.expire(nowMs)
    this.ageRooms(nowMs)
  }

  private lookAtSlice(nowMs: number, wallMs: number): void {
    const { list } = this.registry
    if (this.at >= list.length) this.at = 0
    // Copied, because a verdict can take connections out of the list.
    const slice = list.slice(this.at, this.at + Math.ceil(list.length / TICKS_A_ROUND))
    this.at += slice.length
    for (const c of slice) {
      this.rate(c, nowMs)
      if (c.closing === null) this.look(c, nowMs, wallMs)
    }
  }

  private look(c: Connection, nowMs: number, wallMs: number): void {
    this.replier.tellErrors(c, nowMs)
    this.lookAtIdentity(c, nowMs, wallMs)
    if (c.closing !== null) return
    this.lookAtOutbox(c, nowMs)
    if (c.closing !== null) return
    this.lookAtPulse(c, nowMs)
    const { idleTimeoutMs } = this.settings
    if (c.closing !== null) return
    if (c.lifetimeEndsMs > 0 && nowMs >= c.lifetimeEndsMs) {
      this.closer.disconnect(c, 'max_lifetime', { limit: this.settings.maxLifetimeMs })
    } else if (idleTimeoutMs > 0 && c.state === 'open' && c.paused === 0 && this.isSilent(c, nowMs, idleTimeoutMs)) {
      this.closer.disconnect(c, 'idle_timeout', { limit: idleTimeoutMs })
    }
  }

  private isSilent(c: Connection, nowMs: number, timeoutMs: number): boolean {
    return nowMs >= this.trustedFromMs && nowMs - c.frameAtMs >= timeoutMs
  }

  private lookAtIdentity(c: Connection, nowMs: number, wallMs: number): void {
    const { authTimeoutMs, expiryGraceMs } = this.settings
    if (c.state === 'authenticating') {
      if (authTimeoutMs > 0 && nowMs - c.openedAtMs >= authTimeoutMs && nowMs >= this.trustedFromMs) {
        this.closer.disconnect(c, 'auth_timeout', { limit: authTimeoutMs })
      }
      return
    }
    if (c.token === null || wallMs < c.token.expiresAt) return
    const { expiresAt } = c.token
    if (wallMs >= expiresAt + expiryGraceMs) this.closer.disconnect(c, 'auth_expired', { expiresAt })
    else if (c.memberships.size > 0) this.joiner.recheck(c, 'expired')
  }

  private lookAtOutbox(c: Connection, nowMs: number): void {
    const { outbox } = c
    const { outboxMaxAgeMs } = this.settings
    if (outbox.queuedBytes === 0) {
      if (nowMs - c.frameAtMs > REST_MS) outbox.rest()
      return
    }
    outbox.dropBefore(nowMs - outboxMaxAgeMs)
    const isStuck = outbox.stalledMs(nowMs) >= outboxMaxAgeMs || outbox.oldestWaitingMs(nowMs) >= outboxMaxAgeMs
    if (isStuck && nowMs >= this.trustedFromMs) {
      this.closer.disconnect(c, 'slow_consumer_deadline', { limit: outboxMaxAgeMs })
    }
  }

  private lookAtPulse(c: Connection, nowMs: number): void {
    const { pingMs, pongMs } = this.settings
    if (pingMs <= 0 || c.paused !== 0) return
    if (c.pingSentMs > 0) {
      if (c.heardAtMs >= c.pingSentMs) c.pingSentMs = 0
      else if (nowMs - c.pingSentMs >= pongMs) {
        if (nowMs < this.trustedFromMs) this.books.verdictsSuspended += 1
        else if (c.outbox.queuedBytes > this.settings.outboxSoftBytes)
          this.closer.disconnect(c, 'slow_consumer_deadline', {})
        else this.closer.disconnect(c, 'ping_timeout', { limit: pongMs })
        return
      }
    }
    if (nowMs < c.pingDueMs) return
    c.pingDueMs = nowMs + pingMs
    c.pingSentMs = nowMs
    c.socket.ping()
  }

  private rate(c: Connection, nowMs: number): void {
    const elapsedMs = nowMs - c.rateAtMs
    if (elapsedMs <= 0) return
    const weight = 1 - Math.exp(-elapsedMs / RATE_WINDOW_MS)
    const written = c.outbox.writtenDeliveries
    c.inRate = settle(c.inRate, ((c.messagesIn - c.rateMessagesIn) * 1000) / elapsedMs, weight)
    c.outRate = settle(c.outRate, ((written - c.rateWritten) * 1000) / elapsedMs, weight)
    c.rateAtMs = nowMs
    c.rateMessagesIn = c.messagesIn
    c.rateWritten = written
  }

  /** All outboxes together are over the node's budget: what may be dropped goes, then the fullest connections. */
  private shedNode(): void {
    const most = this.settings.outboxNodeBytes
    if (most <= 0 || this.books.queuedBytes <= most) return
    const fullest = this.registry.list.filter((c) => c.closing === null && c.outbox.queuedBytes > 0)
    fullest.sort((a, b) => b.outbox.queuedBytes - a.outbox.queuedBytes)
    for (const c of fullest) {
      if (this.books.queuedBytes <= most) return
      c.outbox.shed('node_budget')
    }
    for (const c of fullest) {
      if (this.books.queuedBytes <= most) return
      const retryAfterMs = Math.round(1_000 + this.ports.random.number() * 9_000)
      this.closer.disconnect(
        c,
        'overload_shed',
        { limit: most, value: this.books.queuedBytes, retryAfterMs },
        { flushMs: 0 },
      )
    }
  }

  private ageRooms(nowMs: number): void {
    const { roomStates } = this.ports
    this.rooms.age(nowMs, (room) => roomStates.closed(room) !== undefined)
    const weight = 1 - Math.exp((-TICK_MS * TICKS_A_ROUND) / RATE_WINDOW_MS)
    for (const room of this.rooms.rooms.values()) {
      const recent = ((room.messages - room.rateMessages) * 1000) / (TICK_MS * TICKS_A_ROUND)
      room.rate = settle(room.rate, recent, weight)
      room.rateMessages = room.messages
    }
  }
}

/** An exponential mean; what is nearly nothing is nothing, so that a quiet line reads 0. */
function settle(mean: number, recent: number, weight: number): number {
  const next = mean + (recent - mean) * weight
  return next < 0.005 ? 0 : next
}
