import type { Books } from '../books/books.js'
import type { Closer } from '../connections/closer.js'
import { PAUSED_BY_EDGE, PAUSED_BY_RATE, type Connection } from '../connections/connection.js'
import type { HubSettings } from '../ports/hub-settings.js'
import { Inflow, type InflowRate } from './inflow.js'
import type { Clock } from '../ports/clock.js'
import type { SharedLimits } from '../ports/shared-limits.js'

/** A user and an address may send this many times what a connection may. */
const SHARED_FACTOR = 5
/** Over twice the rate is a flood. */
const FLOOD_FACTOR = 2
/** A node whose frames are large still takes two of them at once. */
const FRAMES_IN_HAND = 2
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
  /** Null: no limit. */
  private readonly frames: InflowRate | null
  private readonly bytes: InflowRate | null

  constructor(
    private readonly clock: Clock,
    private readonly limits: SharedLimits,
    settings: HubSettings,
    private readonly books: Books,
    private readonly closer: Closer,
  ) {
    this.frames = frameRate(settings)
    this.bytes = byteRate(settings)
  }

  /** Takes `cost` frames from the connection's, its user's and its address's buckets: 0, or milliseconds to wait. */
  take(c: Connection, cost: number): number {
    const waitMs = this.takeFrames(c, cost, this.clock.nowMs())
    if (waitMs > 0) this.noteLimited(c, this.clock.nowMs())
    return waitMs
  }

  /** The same for the bytes of one frame. A frame refused by them counts as one all the same. */
  takeBytes(c: Connection, bytes: number): number {
    if (this.bytes === null) return 0
    const nowMs = this.clock.nowMs()
    c.byteFlow ??= new Inflow(this.bytes, nowMs)
    const waitMs = this.takeFrom(c, c.byteFlow, this.bytes, bytes, nowMs) || this.takeShared(c, this.bytes, bytes)
    if (waitMs === 0) return 0
    this.noteLimited(c, nowMs)
    return Math.max(waitMs, this.takeFrames(c, 1, nowMs))
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

  /** Resumes those whose buckets are full again. */
  tick(nowMs: number): void {
    for (const c of this.paused) {
      if (c.closing !== null) this.paused.delete(c)
      else if (this.isRested(c, nowMs)) {
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

  private takeFrames(c: Connection, cost: number, nowMs: number): number {
    if (this.frames === null) return 0
    c.frameFlow ??= new Inflow(this.frames, nowMs)
    return this.takeFrom(c, c.frameFlow, this.frames, cost, nowMs) || this.takeShared(c, this.frames, cost)
  }

  private takeFrom(c: Connection, flow: Inflow, rate: InflowRate, cost: number, nowMs: number): number {
    // What had been parsed before the pause took hold is no second offence.
    if (!c.isPaused && flow.isFlood(cost, rate, nowMs)) this.pause(c, rate, nowMs)
    return flow.take(cost, rate, nowMs)
  }

  private takeShared(c: Connection, rate: InflowRate, cost: number): number {
    const [perSecond, burst] = [rate.perSecond * SHARED_FACTOR, rate.burst * SHARED_FACTOR]
    const isBytes = rate === this.bytes
    if (c.user !== null) {
      const waitMs = this.limits.take(isBytes ? c.userBytesKey : c.userKey, cost, perSecond, burst)
      if (waitMs > 0) return waitMs
    }
    const addressKey = isBytes ? c.addressBytesKey : c.addressKey
    return addressKey === null ? 0 : this.limits.take(addressKey, cost, perSecond, burst)
  }

  private isRested(c: Connection, nowMs: number): boolean {
    const isFull = (flow: Inflow | null, rate: InflowRate | null): boolean =>
      flow === null || rate === null || flow.isFull(rate, nowMs)
    return isFull(c.frameFlow, this.frames) && isFull(c.byteFlow, this.bytes)
  }

  private pause(c: Connection, rate: InflowRate, nowMs: number): void {
    if (c.closing !== null || c.isPaused) return
    c.frameFlow?.calm()
    c.byteFlow?.calm()
    c.repliesInPause = 0
    const recent = (c.pausesAtMs ?? []).filter((at) => nowMs - at < MINUTE_MS)
    if (recent.length >= PAUSES_A_MINUTE) {
      const retryAfterMs = Math.ceil((rate.burst / rate.perSecond) * 1000)
      this.closer.disconnect(c, 'rate_limited', { limit: rate.perSecond, rule: rate.unit, retryAfterMs })
      return
    }
    recent.push(nowMs)
    c.pausesAtMs = recent
    this.books.pauses += 1
    this.paused.add(c)
    this.setPaused(c, c.paused | PAUSED_BY_RATE)
    this.closer.note(c, 'paused', rate.unit)
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

function frameRate({ messageRate, messageBurst }: HubSettings): InflowRate | null {
  if (messageRate <= 0) return null
  const floodPerWindow = messageRate * FLOOD_FACTOR
  return { unit: 'messages a second', perSecond: messageRate, burst: messageBurst, floodPerWindow }
}

function byteRate({ byteRate: perSecond, maxFrameBytes }: HubSettings): InflowRate | null {
  if (perSecond <= 0) return null
  const burst = Math.max(maxFrameBytes * FRAMES_IN_HAND, perSecond)
  // Where the rate is small against a frame, a few frames that the bucket holds are no flood.
  return { unit: 'bytes a second', perSecond, burst, floodPerWindow: Math.max(perSecond * FLOOD_FACTOR, burst) }
}
