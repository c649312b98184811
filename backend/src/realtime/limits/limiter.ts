import type { CloseEvidence, CloseReason } from '@gatehouse/protocol'
import type { Books } from '../books/books.js'
import type { Clock } from '../ports/clock.js'
import type { HubSettings } from '../ports/hub-settings.js'
import type { SharedLimits } from '../ports/shared-limits.js'
import type { Inflow, InflowRate } from './inflow.js'
import { REFUSED_JOINS_A_MINUTE, type SenderLimits } from './sender-limits.js'

/** A user and an address may send this many times what a connection may. */
const SHARED_FACTOR = 5
/** Over twice the rate is a flood. */
const FLOOD_FACTOR = 2
/** However large frames may be, two of them fit into the burst. */
const FRAMES_IN_HAND = 2
const PAUSES_A_MINUTE = 3
const REFUSED_JOINS_MOST = 30
const FIRST_JOIN_WAIT_MS = 1_000
const LONGEST_JOIN_WAIT_MS = 60_000

/** What the limiter must know of a connection. */
export interface Sender {
  readonly limits: Readonly<SenderLimits>
  readonly identity: { readonly user: string | null; readonly userKey: string; readonly userBytesKey: string }
  readonly addressKey: string | null
  readonly addressBytesKey: string | null
  /** Null until its close is decided. */
  readonly closing: object | null
  readonly isPaused: boolean
  pause(cause: 'rate'): void
  resume(cause: 'rate'): void
  /** Adds to its timeline; `atMs` in milliseconds since 1970. */
  note(atMs: number, kind: 'paused' | 'resumed' | 'rate_limited', detail: string | null): void
}

/** Closes connections that send too fast for too long. */
interface LimitWatch<S> {
  disconnect(sender: S, reason: CloseReason, evidence: CloseEvidence): void
}

export interface LimiterParts<S> {
  readonly clock: Clock
  /** Rates of users and addresses. */
  readonly shared: SharedLimits
  readonly settings: HubSettings
  readonly books: Books
  readonly watch: LimitWatch<S>
}

/** How fast a connection, its user and its address may send, and what happens to those who send faster. */
export class Limiter<S extends Sender> {
  readonly #parts: LimiterParts<S>
  readonly #paused = new Set<S>()
  /** Null: no limit. */
  readonly #frames: InflowRate | null
  readonly #bytes: InflowRate | null

  constructor(parts: LimiterParts<S>) {
    this.#parts = parts
    this.#frames = frameRate(parts.settings)
    this.#bytes = byteRate(parts.settings)
  }

  /** Takes `cost` frames from the buckets of the connection, its user and its address: 0, or milliseconds to wait. */
  take(c: S, cost: number): number {
    const nowMs = this.#parts.clock.nowMs()
    const waitMs = this.#takeFrames(c, cost, nowMs)
    if (waitMs > 0) this.#noteLimited(c, nowMs)
    return waitMs
  }

  /** The same for the bytes of one frame. A frame refused for its bytes still counts as one. */
  takeBytes(c: S, bytes: number): number {
    if (this.#bytes === null) return 0
    const nowMs = this.#parts.clock.nowMs()
    const flow = c.limits.bytesAt(this.#bytes, nowMs)
    const waitMs = this.#takeFrom(c, flow, this.#bytes, bytes, nowMs) || this.#takeShared(c, this.#bytes, bytes)
    if (waitMs === 0) return 0
    this.#noteLimited(c, nowMs)
    return Math.max(waitMs, this.#takeFrames(c, 1, nowMs))
  }

  /** Milliseconds a join must wait because too many were refused; 0 when it may go on. */
  joinWaitMs(c: S): number {
    return c.limits.joinWaitMs(this.#parts.clock.nowMs())
  }

  /** A join was refused: ten a minute are free, then each wait doubles, the thirtieth closes. */
  refusedJoin(c: S): void {
    const nowMs = this.#parts.clock.nowMs()
    const count = c.limits.countRefusedJoin(nowMs)
    if (count >= REFUSED_JOINS_MOST) {
      const evidence = { limit: REFUSED_JOINS_MOST, value: count, rule: 'refused joins' }
      this.#parts.watch.disconnect(c, 'too_many_errors', evidence)
    } else if (count >= REFUSED_JOINS_A_MINUTE) {
      const waitMs = FIRST_JOIN_WAIT_MS * 2 ** (count - REFUSED_JOINS_A_MINUTE)
      c.limits.blockJoins(nowMs + Math.min(LONGEST_JOIN_WAIT_MS, waitMs))
    }
  }

  /** Resumes connections whose buckets are full again. */
  tick(nowMs: number): void {
    for (const c of this.#paused) {
      if (c.closing !== null) this.#paused.delete(c)
      else if (this.#isRested(c, nowMs)) {
        this.#paused.delete(c)
        c.resume('rate')
        c.note(this.#parts.clock.wallMs(), 'resumed', null)
      }
    }
  }

  #noteLimited(c: S, nowMs: number): void {
    this.#parts.books.rateLimited += 1
    if (c.limits.noteLimited(nowMs)) c.note(this.#parts.clock.wallMs(), 'rate_limited', null)
  }

  #takeFrames(c: S, cost: number, nowMs: number): number {
    if (this.#frames === null) return 0
    const flow = c.limits.framesAt(this.#frames, nowMs)
    return this.#takeFrom(c, flow, this.#frames, cost, nowMs) || this.#takeShared(c, this.#frames, cost)
  }

  #takeFrom(c: S, flow: Inflow, rate: InflowRate, cost: number, nowMs: number): number {
    // Frames that were parsed before the pause took effect are not a second offence.
    if (!c.isPaused && flow.isFlood(cost, rate, nowMs)) this.#pause(c, rate, nowMs)
    return flow.take(cost, rate, nowMs)
  }

  #takeShared(c: S, rate: InflowRate, cost: number): number {
    const { shared } = this.#parts
    const [perSecond, burst] = [rate.perSecond * SHARED_FACTOR, rate.burst * SHARED_FACTOR]
    const isBytes = rate === this.#bytes
    const { user, userKey, userBytesKey } = c.identity
    if (user !== null) {
      const waitMs = shared.take(isBytes ? userBytesKey : userKey, cost, perSecond, burst)
      if (waitMs > 0) return waitMs
    }
    const addressKey = isBytes ? c.addressBytesKey : c.addressKey
    return addressKey === null ? 0 : shared.take(addressKey, cost, perSecond, burst)
  }

  #isRested(c: S, nowMs: number): boolean {
    const isFull = (flow: Inflow | null, rate: InflowRate | null): boolean =>
      flow === null || rate === null || flow.isFull(rate, nowMs)
    return isFull(c.limits.frames, this.#frames) && isFull(c.limits.bytes, this.#bytes)
  }

  #pause(c: S, rate: InflowRate, nowMs: number): void {
    if (c.closing !== null || c.isPaused) return
    const { books, clock, watch } = this.#parts
    c.limits.calm()
    if (!c.limits.countPause(PAUSES_A_MINUTE, nowMs)) {
      const retryAfterMs = Math.ceil((rate.burst / rate.perSecond) * 1000)
      watch.disconnect(c, 'rate_limited', { limit: rate.perSecond, rule: rate.unit, retryAfterMs })
      return
    }
    books.pauses += 1
    this.#paused.add(c)
    c.pause('rate')
    c.note(clock.wallMs(), 'paused', rate.unit)
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
  // Where the rate is small against a frame, a few frames that the bucket holds are not a flood.
  return { unit: 'bytes a second', perSecond, burst, floodPerWindow: Math.max(perSecond * FLOOD_FACTOR, burst) }
}
