import type { Books } from './books.js'
import type { Closer } from './closer.js'
import { PAUSED_BY_EDGE, PAUSED_BY_RATE, type Connection } from './connection.js'
import type { HubSettings } from './hub-settings.js'
import type { Clock } from './ports/clock.js'
import type { SharedLimits } from './ports/shared-limits.js'

/** A user and an address may send this many times what a connection may. */
const SHARED_FACTOR = 5
/** Over twice the rate in this many windows in a row pauses the socket. */
const WINDOW_MS = 1_000
const WINDOWS_OVER = 2
const FLOOD_FACTOR = 2
/** More than the burst and twice the rate of this time, all within it, pauses at once. */
const BURST_WINDOW_MS = WINDOW_MS * WINDOWS_OVER
const MINUTE_MS = 60_000
/** A connection's timeline tells of its rate limit at most this often. */
const NOTED_MS = 10_000
const PAUSES_A_MINUTE = 3
const REFUSED_JOINS_A_MINUTE = 10
const REFUSED_JOINS_MOST = 30
const FIRST_JOIN_WAIT_MS = 1_000
const LONGEST_JOIN_WAIT_MS = 60_000

/** How fast a connection, its user and its address may send, and what happens to those who send faster. */
export class Limiter {
  private readonly paused = new Set<Connection>()

  constructor(
    private readonly clock: Clock,
    private readonly limits: SharedLimits,
    private readonly settings: HubSettings,
    private readonly books: Books,
    private readonly closer: Closer,
  ) {}

  /** Takes `cost` frames from the connection's, its user's and its address's buckets: 0, or milliseconds to wait. */
  take(c: Connection, cost: number): number {
    const { messageRate, messageBurst } = this.settings
    if (messageRate <= 0) return 0
    const nowMs = this.clock.nowMs()
    // What had been parsed before the pause took hold is no second offence.
    if (!c.isPaused) this.watchFlood(c, cost, nowMs)
    let waitMs = c.bucket.take(cost, messageRate, messageBurst, nowMs)
    if (waitMs === 0) waitMs = this.takeShared(c, cost)
    if (waitMs > 0) this.noteLimited(c, nowMs)
    return waitMs
  }

  /** Milliseconds a join must wait because too many were refused; 0 when it may go on. */
  joinWaitMs(c: Connection): number {
    if (c.refusedJoins === 0) return 0
    return Math.max(0, Math.ceil(c.joinBlockedUntilMs - this.clock.nowMs()))
  }

  /** A join was refused: ten a minute are free, then each wait doubles, the thirtieth closes. */
  refusedJoin(c: Connection): void {
    const nowMs = this.clock.nowMs()
    const forgiven = ((nowMs - c.refusedJoinAtMs) * REFUSED_JOINS_A_MINUTE) / MINUTE_MS
    c.refusedJoins = Math.max(0, c.refusedJoins - forgiven) + 1
    c.refusedJoinAtMs = nowMs
    // Half a join of slack, so that the few milliseconds between joins do not change which one is the tenth.
    const count = Math.floor(c.refusedJoins + 0.5)
    if (count >= REFUSED_JOINS_MOST) {
      this.closer.disconnect(c, 'too_many_errors', { limit: REFUSED_JOINS_MOST, value: count, rule: 'refused joins' })
    } else if (count >= REFUSED_JOINS_A_MINUTE) {
      const waitMs = FIRST_JOIN_WAIT_MS * 2 ** (count - REFUSED_JOINS_A_MINUTE)
      c.joinBlockedUntilMs = nowMs + Math.min(LONGEST_JOIN_WAIT_MS, waitMs)
    }
  }

  /** The edge stops reading, because the connection's frames wait for an earlier one. */
  hold(c: Connection): void {
    this.setPaused(c, c.paused | PAUSED_BY_EDGE)
  }

  release(c: Connection): void {
    this.setPaused(c, c.paused & ~PAUSED_BY_EDGE)
  }

  /** Resumes those whose bucket is full again. */
  tick(nowMs: number): void {
    for (const c of this.paused) {
      if (c.closing !== null) this.paused.delete(c)
      else if (c.bucket.isFull(this.settings.messageRate, this.settings.messageBurst, nowMs)) {
        this.paused.delete(c)
        this.setPaused(c, c.paused & ~PAUSED_BY_RATE)
        this.closer.note(c, 'resumed', null)
      }
    }
  }

  private noteLimited(c: Connection, nowMs: number): void {
    this.books.rateLimited += 1
    if (nowMs - c.limitedNotedMs < NOTED_MS) return
    c.limitedNotedMs = nowMs
    this.closer.note(c, 'rate_limited', null)
  }

  private takeShared(c: Connection, cost: number): number {
    const rate = this.settings.messageRate * SHARED_FACTOR
    const burst = this.settings.messageBurst * SHARED_FACTOR
    if (c.user !== null) {
      const waitMs = this.limits.take(c.userKey, cost, rate, burst)
      if (waitMs > 0) return waitMs
    }
    return c.addressKey === null ? 0 : this.limits.take(c.addressKey, cost, rate, burst)
  }

  private watchFlood(c: Connection, cost: number, nowMs: number): void {
    const elapsed = nowMs - c.windowStartMs
    if (elapsed >= WINDOW_MS) {
      const isOver = elapsed < 2 * WINDOW_MS && c.windowFrames > this.settings.messageRate * FLOOD_FACTOR
      c.windowsOver = isOver ? c.windowsOver + 1 : 0
      c.windowStartMs = nowMs
      c.windowFrames = 0
      if (c.windowsOver >= WINDOWS_OVER) this.pause(c, nowMs)
    }
    c.windowFrames += cost
    this.watchBurst(c, cost, nowMs)
  }

  /** One who sends everything at once and then nothing never fills two windows in a row. */
  private watchBurst(c: Connection, cost: number, nowMs: number): void {
    if (nowMs - c.burstStartMs >= BURST_WINDOW_MS) {
      c.burstStartMs = nowMs
      c.burstFrames = 0
    }
    c.burstFrames += cost
    const { messageRate, messageBurst } = this.settings
    if (c.burstFrames > messageBurst + (messageRate * FLOOD_FACTOR * BURST_WINDOW_MS) / 1000) this.pause(c, nowMs)
  }

  private pause(c: Connection, nowMs: number): void {
    if (c.closing !== null || c.isPaused) return
    c.windowsOver = 0
    c.burstFrames = 0
    c.repliesInPause = 0
    const { messageRate, messageBurst } = this.settings
    const recent = (c.pausesAtMs ?? []).filter((at) => nowMs - at < MINUTE_MS)
    if (recent.length >= PAUSES_A_MINUTE) {
      const retryAfterMs = Math.ceil((messageBurst / messageRate) * 1000)
      this.closer.disconnect(c, 'rate_limited', { limit: messageRate, retryAfterMs })
      return
    }
    recent.push(nowMs)
    c.pausesAtMs = recent
    this.books.pauses += 1
    this.paused.add(c)
    this.setPaused(c, c.paused | PAUSED_BY_RATE)
    this.closer.note(c, 'paused', null)
  }

  private setPaused(c: Connection, paused: number): void {
    const before = c.paused
    c.paused = paused
    if (c.closing !== null) return
    if (before === 0 && paused !== 0) c.socket.pause()
    else if (before !== 0 && paused === 0) {
      // What it sent meanwhile comes now; a ping that went out before is not held against it.
      c.pingSentMs = 0
      c.socket.resume()
    }
  }
}
