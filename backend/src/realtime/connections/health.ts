import { movingMean } from '../books/moving-mean.js'

/** The times planned for a connection when it opens, monotonic milliseconds. */
export interface LifePlan {
  readonly openedAtMs: number
  readonly firstPingAtMs: number
  /** When its longest lifetime ends; 0: never. */
  readonly endsAtMs: number
}

/** Whether a connection is alive and busy: what arrived when, pings, rates. Times are monotonic milliseconds. */
export class Health {
  messagesIn = 0
  bytesIn = 0
  /** Failed answers since it opened. */
  errors = 0
  /** Null until a pong was measured. */
  rttMs: number | null = null
  /** Frames and deliveries a second, mean of the last 5 s. */
  inRate = 0
  outRate = 0
  /** When anything last arrived, and when a whole message did. */
  heardAtMs: number
  frameAtMs: number
  /** When the ping that waits for its pong was sent; 0 where none waits. */
  pingSentMs = 0
  pingDueMs: number
  readonly openedAtMs: number
  readonly endsAtMs: number
  #ratedAtMs: number
  #ratedMessagesIn = 0
  #ratedWritten = 0

  constructor({ openedAtMs, firstPingAtMs, endsAtMs }: LifePlan) {
    this.openedAtMs = openedAtMs
    this.heardAtMs = openedAtMs
    this.frameAtMs = openedAtMs
    this.pingDueMs = firstPingAtMs
    this.endsAtMs = endsAtMs
    this.#ratedAtMs = openedAtMs
  }

  /** Anything arrived, even a pong or half a frame. */
  heard(nowMs: number): void {
    this.heardAtMs = nowMs
  }

  /** A whole message arrived. */
  received(nowMs: number, bytes: number): void {
    this.heardAtMs = nowMs
    this.frameAtMs = nowMs
    this.messagesIn += 1
    this.bytesIn += bytes
  }

  pinged(nowMs: number, nextDueMs: number): void {
    this.pingSentMs = nowMs
    this.pingDueMs = nextDueMs
  }

  /** A pong arrived. Answers the round trip in milliseconds, to a tenth; null where no ping waited for it. */
  ponged(nowMs: number): number | null {
    this.heardAtMs = nowMs
    if (this.pingSentMs === 0) return null
    this.rttMs = Math.round((nowMs - this.pingSentMs) * 10) / 10
    this.pingSentMs = 0
    return this.rttMs
  }

  /** The ping that waits for its pong is not held against the connection. */
  forgivePing(): void {
    this.pingSentMs = 0
  }

  /** A frame of it failed. */
  countError(): void {
    this.errors += 1
  }

  /** Brings the rates up to date. @param written its deliveries written so far */
  measure(nowMs: number, written: number): void {
    const elapsedMs = nowMs - this.#ratedAtMs
    if (elapsedMs <= 0) return
    this.inRate = movingMean(this.inRate, ((this.messagesIn - this.#ratedMessagesIn) * 1000) / elapsedMs, elapsedMs)
    this.outRate = movingMean(this.outRate, ((written - this.#ratedWritten) * 1000) / elapsedMs, elapsedMs)
    this.#ratedAtMs = nowMs
    this.#ratedMessagesIn = this.messagesIn
    this.#ratedWritten = written
  }
}
