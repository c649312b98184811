import { Inflow, type InflowRate } from './inflow.js'

const MINUTE_MS = 60_000
/** A connection's timeline notes its rate limit at most this often. */
const NOTED_MS = 10_000
/** Of the frames that were parsed before a rate pause took effect, this many get their own refusal. */
const REPLIES_A_PAUSE = 100
/** This many refused joins a minute are forgiven. */
export const REFUSED_JOINS_A_MINUTE = 10

/** Only for a connection that went over a limit. */
class Offences {
  notedAtMs = -Infinity
  pausesAtMs: readonly number[] = []
  repliesInPause = 0
  refusedJoins = 0
  refusedJoinAtMs = 0
  joinsBlockedUntilMs = 0
}

/** What the limits keep of one connection: what it sent lately, and which limits it broke. Only they change it. */
export class SenderLimits {
  /** What it sent lately; null until it sends. */
  frames: Inflow | null = null
  bytes: Inflow | null = null
  #offences: Offences | null = null

  framesAt(rate: InflowRate, nowMs: number): Inflow {
    return (this.frames ??= new Inflow(rate, nowMs))
  }

  bytesAt(rate: InflowRate, nowMs: number): Inflow {
    return (this.bytes ??= new Inflow(rate, nowMs))
  }

  /** The flood was answered by a pause: what counted towards it does not count again. */
  calm(): void {
    this.frames?.calm()
    this.bytes?.calm()
    if (this.#offences !== null) this.#offences.repliesInPause = 0
  }

  /** Counts a pause that is about to begin. Returns false, and counts none, after `most` in this minute. */
  countPause(most: number, nowMs: number): boolean {
    const offences = (this.#offences ??= new Offences())
    const recent = offences.pausesAtMs.filter((at) => nowMs - at < MINUTE_MS)
    if (recent.length >= most) return false
    offences.pausesAtMs = [...recent, nowMs]
    return true
  }

  /** Whether a frame refused during a pause gets its own reply; counts it. */
  mayReplyInPause(): boolean {
    const offences = (this.#offences ??= new Offences())
    offences.repliesInPause += 1
    return offences.repliesInPause <= REPLIES_A_PAUSE
  }

  /** Whether to note in the timeline that a limit refused a frame. */
  noteLimited(nowMs: number): boolean {
    const offences = (this.#offences ??= new Offences())
    if (nowMs - offences.notedAtMs < NOTED_MS) return false
    offences.notedAtMs = nowMs
    return true
  }

  /** Counts a refused join. Returns how many there are, less those forgiven since. */
  countRefusedJoin(nowMs: number): number {
    const offences = (this.#offences ??= new Offences())
    const forgiven = ((nowMs - offences.refusedJoinAtMs) * REFUSED_JOINS_A_MINUTE) / MINUTE_MS
    offences.refusedJoins = Math.max(0, offences.refusedJoins - forgiven) + 1
    offences.refusedJoinAtMs = nowMs
    // Half a join of slack, so that the few milliseconds between joins do not change which one is the tenth.
    return Math.floor(offences.refusedJoins + 0.5)
  }

  blockJoins(untilMs: number): void {
    if (this.#offences !== null) this.#offences.joinsBlockedUntilMs = untilMs
  }

  /** Milliseconds until it may join again; 0 when it may. */
  joinWaitMs(nowMs: number): number {
    if (this.#offences === null || this.#offences.refusedJoins === 0) return 0
    return Math.max(0, Math.ceil(this.#offences.joinsBlockedUntilMs - nowMs))
  }
}
