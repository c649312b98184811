import { limits, recoveryResults, type RecoveryResult } from '@gatehouse/protocol'
import { movingMean } from '../books/moving-mean.js'
import { RoomLedger } from '../books/room-ledger.js'
import type { TypeBooks } from '../books/type-books.js'
import type { Connection } from '../connections/connection.js'
import { TokenBucket } from '../limits/token-bucket.js'
import type { StreamMessage, StreamPosition } from '../ports/bus.js'
import type { Clock } from '../ports/clock.js'
import { RoomPresence } from '../presence/room-presence.js'
import { RoomReceipts } from '../receipts/room-receipts.js'
import type { RoomType } from '../room-types/room-type.js'
import { MemberSlots } from './member-slots.js'
import type { Membership } from './membership.js'
import { RoomFlush, type LateReply } from './room-flush.js'
import type { RoomRest } from './room-rest.js'

/** How long a room without members keeps its place, as the bus keeps epoch and offset. */
export const ROOM_KEPT_MS = 60_000

/** `idle`: its messages do not arrive here; `subscribing`: they soon will; `live`: they do. */
export type RoomPhase = 'idle' | 'subscribing' | 'live'

/**
 * `quiet`: nothing is to go out; `due`: what there is goes out with this turn or the next; `resting`: it waits until
 * the room has rested.
 */
type SendingPhase = 'quiet' | 'due' | 'resting'

/** What all rooms of a hub share. */
export interface RoomSurroundings {
  readonly clock: Clock
  readonly rest: RoomRest
}

/** A named stream of messages and its members on this node. Others change it only through its methods. */
export class Room {
  readonly ledger: RoomLedger
  /** Milliseconds since 1970. */
  readonly openedAt: number
  /** Null where the room's type keeps none. */
  readonly presence: RoomPresence | null
  /** Null where the room's type keeps none. */
  readonly receipts: RoomReceipts | null
  readonly #clock: Clock
  readonly #head: string
  readonly #members = new MemberSlots<Membership>()
  readonly #flush: RoomFlush
  #phase: RoomPhase = 'idle'
  #sending: SendingPhase = 'quiet'
  #epoch: string | null = null
  #offset = 0
  #messages = 0
  #rate = 0
  #ratedMessages = 0
  #lastMessageAt: number | null = null
  #usedAtMs: number
  /** Until when the newest message is kept, where the room's type keeps any. */
  #keptUntilMs = -Infinity
  /** Closed by an operator: its stream is kept. */
  #isHeld = false
  /** Who waits for the subscription. */
  #waiting: ((isLive: boolean) => void)[] = []
  /** Joins under way; meanwhile it stays live and, where its type keeps history, remembers what arrives. */
  #joins = 0
  #recoveries: Record<RecoveryResult, number> | null = null
  /** Messages that came before the subscription's position was known. */
  #early: StreamMessage[] = []
  /** What arrived while joins were under way. */
  #tail: StreamMessage[] = []
  #bucket: TokenBucket | null = null

  constructor(
    readonly name: string,
    readonly type: RoomType,
    books: TypeBooks,
    around: RoomSurroundings,
  ) {
    const { clock } = around
    this.#clock = clock
    this.openedAt = clock.wallMs()
    this.ledger = new RoomLedger(name, type.slowPolicy, type.kind !== 'latest', books)
    this.#flush = new RoomFlush(name, this.ledger, this.#members.slots, around)
    this.receipts = type.receipts ? new RoomReceipts() : null
    this.presence = type.presence === 'none' ? null : new RoomPresence(type.presence)
    this.#usedAtMs = clock.nowMs()
    this.#head = `{"event":"message","room":${JSON.stringify(name)},"offset":`
  }

  get phase(): RoomPhase {
    return this.#phase
  }

  /** Null until its stream was first seen. */
  get epoch(): string | null {
    return this.#epoch
  }

  get offset(): number {
    return this.#offset
  }

  get memberCount(): number {
    return this.#members.count
  }

  /** Messages since it opened here. */
  get messages(): number {
    return this.#messages
  }

  /** Messages a second, mean of the last 5 s. */
  get rate(): number {
    return this.#rate
  }

  /** Milliseconds since 1970; null until there was one. */
  get lastMessageAt(): number | null {
    return this.#lastMessageAt
  }

  /** Joins with `since` by result; null until there was one. */
  get recoveries(): Readonly<Record<RecoveryResult, number>> | null {
    return this.#recoveries
  }

  /** Something waits to go out: messages, or replies behind them. */
  get hasWork(): boolean {
    return this.#flush.hasWork
  }

  /** Somebody is in it, or about to be. */
  get isInUse(): boolean {
    return this.#members.count > 0 || this.#waiting.length > 0 || this.#joins > 0
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  *members(): Iterable<Connection> {
    for (const { connection } of this.#members) yield connection
  }

  memberships(): Iterable<Membership> {
    return this.#members
  }

  /** An operator closed it: nobody needs its messages here, and its place is kept until `release`. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
  }

  /** It was just used: its place is kept for a while. */
  touch(): void {
    this.#usedAtMs = this.#clock.nowMs()
  }

  /** Unused for longer than its place is kept. */
  isForgettable(nowMs: number): boolean {
    if (this.isInUse || this.#isHeld) return false
    return nowMs - this.#usedAtMs >= ROOM_KEPT_MS && nowMs >= this.#keptUntilMs
  }

  /** Brings the rate up to date, `elapsedMs` after the last time. */
  measure(elapsedMs: number): void {
    const recent = ((this.#messages - this.#ratedMessages) * 1000) / elapsedMs
    this.#rate = movingMean(this.#rate, recent, elapsedMs)
    this.#ratedMessages = this.#messages
  }

  /**
   * Calls back once its messages arrive here (`true`), or when that failed; at once if they already do. Returns whether
   * the caller must subscribe, and then `begin` or `end` it and `tellWaiting`.
   */
  awaitLive(then: (isLive: boolean) => void): boolean {
    if (this.#phase === 'live') {
      then(true)
      return false
    }
    this.#waiting.push(then)
    if (this.#phase === 'subscribing') return false
    this.#phase = 'subscribing'
    return true
  }

  tellWaiting(isLive: boolean): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) each(isLive)
  }

  /** The subscription is in place: messages after `position` follow. */
  begin({ epoch, offset }: StreamPosition): void {
    this.#phase = 'live'
    this.#epoch = epoch
    this.#offset = offset
    this.#flush.skipTo(epoch, offset)
    const early = this.#early
    this.#early = []
    for (const message of early) this.receive(message)
  }

  /** Messages no longer arrive here. */
  end(): void {
    this.#phase = 'idle'
    this.#early = []
    this.#flush.releaseAll()
  }

  /** Takes a message of the stream; returns whether there is something to flush. */
  receive(message: StreamMessage): boolean {
    if (this.#phase !== 'live') {
      if (this.#phase === 'subscribing') this.#early.push(message)
      return false
    }
    const isNewEpoch = message.epoch !== this.#epoch
    if (!isNewEpoch && message.offset <= this.#offset) return false
    if (isNewEpoch) this.#flush.seal()
    this.#epoch = message.epoch
    this.#offset = message.offset
    this.#took()
    if (this.#joins > 0 && this.type.history !== null) this.#remember(message)
    if (this.#members.count === 0) {
      this.#flush.skipTo(message.epoch, message.offset)
      return this.#flush.hasWork
    }
    this.#flush.add(this.frameText(message, isNewEpoch || message.offset === 1), message.epoch, message.offset)
    return true
  }

  /** Adds a member: its first live message is the one after the room's current offset. */
  admit(membership: Membership): void {
    this.#flush.seal()
    this.#members.add(membership)
  }

  /** Sends one member all that the room has taken so far, ahead of the others; `remove` it right after. */
  catchUp(membership: Membership): void {
    this.#flush.seal()
    this.#flush.catchUp(membership)
  }

  /** Takes a member out. What was not yet flushed does not reach it: `catchUp` first where it should. */
  remove(membership: Membership): void {
    if (!this.#members.has(membership)) return
    const isLast = this.#members.count === 1
    if (isLast) this.#flush.abandon(this.#epoch ?? '', this.#offset)
    else this.#flush.seal()
    this.#members.remove(membership, this.#flush.isUnderWay)
  }

  /** A publish was taken: keeps the place of a room whose messages do not arrive here because it has no members. */
  published(place: StreamPosition & { readonly duplicate: boolean }): void {
    if (this.#phase !== 'idle' || place.duplicate) return
    this.#epoch = place.epoch
    this.#offset = place.offset
    this.#took()
    this.touch()
  }

  /** Its stream was cleared: the next message is the first of `epoch`, and says so. */
  cleared({ epoch, offset }: StreamPosition): void {
    if (this.#epoch === epoch) return
    this.#flush.seal()
    this.#epoch = epoch
    this.#offset = offset
    this.#keptUntilMs = -Infinity
    this.touch()
  }

  /** Messages of `epoch` that arrived since the oldest join under way began, oldest first. */
  tailOf(epoch: string): readonly StreamMessage[] {
    return this.#tail.filter((message) => message.epoch === epoch)
  }

  beginJoin(): void {
    this.#joins += 1
  }

  endJoin(): void {
    this.#joins -= 1
    if (this.#joins === 0) this.#tail = []
  }

  countRecovery(result: RecoveryResult): void {
    this.#recoveries ??= Object.fromEntries(recoveryResults.map((name) => [name, 0])) as Record<RecoveryResult, number>
    this.#recoveries[result] += 1
  }

  /** Takes one message from the room type's publish rate: 0, or milliseconds to wait. */
  takePublish(nowMs: number): number {
    const rate = this.type.publishRate
    if (rate === null) return 0
    this.#bucket ??= new TokenBucket(rate, nowMs)
    return this.#bucket.take(1, rate, rate, nowMs)
  }

  /** Marks what it holds to go out soon; returns whether it was not marked before. */
  makeDue(): boolean {
    if (this.#sending !== 'quiet') return false
    this.#sending = 'due'
    return true
  }

  /** Milliseconds until it may send out again; when that is not 0, it rests until `wake`. */
  rest(): number {
    const restMs = this.#flush.restMs()
    if (restMs > 0) this.#sending = 'resting'
    return restMs
  }

  /** Sends out what it holds, until the clock passes `deadlineMs` or it has to rest. Returns whether all went. */
  sendOut(deadlineMs: number): boolean {
    this.#sending = 'quiet'
    const isDone = this.#flush.advance(deadlineMs)
    this.#members.compact(this.#flush.isUnderWay)
    return isDone
  }

  /** It has rested. */
  wake(): void {
    this.#sending = 'quiet'
  }

  /** Sends out all that it holds, without rest or yielding. */
  sendOutNow(): void {
    this.#flush.advance(Infinity)
    this.#members.compact(this.#flush.isUnderWay)
  }

  /** Sends the replies whose message never came within their time. */
  releaseBefore(atMs: number): void {
    if (this.#flush.hasWork) this.#flush.releaseBefore(atMs)
  }

  /** Sends a publisher its reply once the room's members have been sent its message; at once if they have. */
  replyAfterFlush(reply: LateReply): void {
    this.#flush.reply(reply, this.#phase === 'live' && this.#members.count > 0)
  }

  /** A message's frame as JSON text. In `latest` rooms each names its epoch: an earlier one may have been dropped. */
  frameText(message: StreamMessage, tellsEpoch: boolean): string {
    const epoch = tellsEpoch || this.type.kind === 'latest' ? `,"epoch":${JSON.stringify(message.epoch)}` : ''
    const from = this.type.from && message.from !== null ? `,"from":${JSON.stringify(message.from)}` : ''
    const data = message.isBytes ? `"data64":"${message.data}"` : `"data":${message.data}`
    return `${this.#head}${message.offset}${epoch},${data}${from}}`
  }

  #took(): void {
    this.#messages += 1
    this.#lastMessageAt = this.#clock.wallMs()
    if (this.type.history !== null) this.#keptUntilMs = this.#clock.nowMs() + this.type.history.ageMs
  }

  /** Remembers no more than a recovery can hold: joins that need more get `over_limit`. */
  #remember(message: StreamMessage): void {
    this.#tail.push(message)
    if (this.#tail.length > limits.recoveryMessages + 1) this.#tail.shift()
  }
}
