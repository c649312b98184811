import { limits, recoveryResults, type RecoveryResult } from '@gatehouse/protocol'
import type { Clock } from '../ports/clock.js'
import type { StreamMessage, StreamPosition } from '../ports/bus.js'
import type { Connection } from '../connections/connection.js'
import type { Membership } from './membership.js'
import { RoomLedger } from '../books/room-ledger.js'
import { RoomFlush, type LateReply } from './room-flush.js'
import { RoomPresence } from '../presence/room-presence.js'
import { RoomReceipts } from '../receipts/room-receipts.js'
import type { RoomType } from '../room-types/room-type.js'
import { TokenBucket } from '../limits/token-bucket.js'
import type { TypeBooks } from '../books/type-books.js'

/** `idle`: its messages do not arrive here; `subscribing`: soon; `live`: they do. */
export type RoomPhase = 'idle' | 'subscribing' | 'live'

/** A named stream of messages and its members on this node. */
export class Room {
  readonly ledger: RoomLedger
  /** Milliseconds since 1970. */
  readonly openedAt: number
  phase: RoomPhase = 'idle'
  /** Null until its stream was first seen. */
  epoch: string | null = null
  offset = 0
  memberCount = 0
  /** Messages since it opened here, and a second, mean of the last 5 s. */
  messages = 0
  rate = 0
  rateMessages = 0
  /** Milliseconds since 1970. */
  lastMessageAt: number | null = null
  /** Monotonic: when it was last in use, for forgetting it 60 s later. */
  usedAtMs: number
  /** Closed by an operator: its stream is kept. */
  isHeld = false
  isDirty = false
  readonly flush: RoomFlush
  /** Null where the room's type keeps none. */
  readonly presence: RoomPresence | null
  /** Null where the room's type keeps none. */
  readonly receipts: RoomReceipts | null
  /** Who waits for the subscription. */
  waiting: ((isLive: boolean) => void)[] = []
  /** Joins under way; meanwhile it stays live and, where its type keeps history, remembers what arrives. */
  joins = 0
  /** Monotonic: until when the newest message is kept, where the room's type keeps any. */
  keptUntilMs = -Infinity
  /** Joins with `since` by what became of it; null until there was one. */
  recoveries: Record<RecoveryResult, number> | null = null
  /** Messages that came before the subscription's position was known. */
  private early: StreamMessage[] = []
  /** What arrived while joins were under way. */
  private tail: StreamMessage[] = []
  private readonly head: string
  private readonly slots: (Membership | null)[] = []
  private holes = 0
  private bucket: TokenBucket | null = null

  constructor(
    readonly name: string,
    readonly type: RoomType,
    private readonly clock: Clock,
    books: TypeBooks,
  ) {
    this.openedAt = clock.wallMs()
    this.ledger = new RoomLedger(name, type.slowPolicy, type.kind !== 'latest', books)
    this.flush = new RoomFlush(name, this.ledger, this.slots, clock)
    this.receipts = type.receipts ? new RoomReceipts() : null
    this.presence = type.presence === 'none' ? null : new RoomPresence(type.presence)
    this.usedAtMs = clock.nowMs()
    this.head = `{"event":"message","room":${JSON.stringify(name)},"offset":`
  }

  /** Deliveries of this room: {enqueued, written, dropped, discarded, queued}. */
  get deliveries(): RoomLedger {
    return this.ledger
  }

  *members(): Iterable<Connection> {
    for (const { connection } of this.memberships()) yield connection
  }

  *memberships(): Iterable<Membership> {
    for (const membership of this.slots) if (membership !== null) yield membership
  }

  /** Takes a message of the stream; answers whether there is something to flush. */
  receive(message: StreamMessage, wallMs: number): boolean {
    if (this.phase !== 'live') {
      if (this.phase === 'subscribing') this.early.push(message)
      return false
    }
    const isNewEpoch = message.epoch !== this.epoch
    if (!isNewEpoch && message.offset <= this.offset) return false
    if (isNewEpoch) this.flush.seal()
    this.epoch = message.epoch
    this.offset = message.offset
    this.took(wallMs)
    if (this.joins > 0 && this.type.history !== null) this.remember(message)
    if (this.memberCount === 0) {
      this.flush.skipTo(message.epoch, message.offset)
      return this.flush.hasWork
    }
    this.flush.add(this.frameText(message, isNewEpoch || message.offset === 1), message.epoch, message.offset)
    return true
  }

  /** The subscription stands: messages after `position` follow. */
  begin(position: StreamPosition, wallMs: number): void {
    this.phase = 'live'
    this.epoch = position.epoch
    this.offset = position.offset
    this.flush.skipTo(position.epoch, position.offset)
    const early = this.early
    this.early = []
    for (const message of early) this.receive(message, wallMs)
  }

  /** Messages no longer arrive here. */
  end(): void {
    this.phase = 'idle'
    this.early = []
    this.flush.releaseAll()
  }

  /** Adds a member: its first live message is the one after the room's offset of now. */
  admit(membership: Membership): void {
    this.flush.seal()
    membership.index = this.slots.length
    this.slots.push(membership)
    this.memberCount += 1
  }

  /** Sends one member all that the room has taken so far, ahead of the others; `remove` it right after. */
  catchUp(membership: Membership): void {
    this.flush.seal()
    this.flush.catchUp(membership)
  }

  /** Takes a member out. What was not yet flushed does not reach it: `catchUp` first where it should. */
  remove(membership: Membership): void {
    const { slots } = this
    const { index } = membership
    if (slots[index] !== membership) return
    this.memberCount -= 1
    membership.index = -1
    if (this.memberCount === 0) this.flush.abandon(this.epoch ?? '', this.offset)
    else this.flush.seal()
    if (this.flush.isUnderWay || this.holes > 0) {
      slots[index] = null
      this.holes += 1
      this.compact()
      return
    }
    const last = slots.pop()
    if (last !== undefined && last !== null && last !== membership) {
      last.index = index
      slots[index] = last
    }
  }

  /** Closes the holes that members left behind during a flush. */
  compact(): void {
    if (this.holes === 0 || this.flush.isUnderWay) return
    let kept = 0
    for (const membership of this.slots) {
      if (membership === null) continue
      membership.index = kept
      this.slots[kept] = membership
      kept += 1
    }
    this.slots.length = kept
    this.holes = 0
  }

  /** A publish was taken: keeps the place of a room whose messages do not arrive here because nobody is in it. */
  published(place: StreamPosition & { readonly duplicate: boolean }, nowMs: number, wallMs: number): void {
    if (this.phase !== 'idle' || place.duplicate) return
    this.epoch = place.epoch
    this.offset = place.offset
    this.took(wallMs)
    this.usedAtMs = nowMs
  }

  /** Its stream was cleared: the next message is the first of `epoch`, and says so. */
  cleared({ epoch, offset }: StreamPosition, nowMs: number): void {
    if (this.epoch === epoch) return
    this.flush.seal()
    this.epoch = epoch
    this.offset = offset
    this.keptUntilMs = -Infinity
    this.usedAtMs = nowMs
  }

  /** Messages of `epoch` that arrived since the oldest join of now began, oldest first. */
  tailOf(epoch: string): readonly StreamMessage[] {
    return this.tail.filter((message) => message.epoch === epoch)
  }

  beginJoin(): void {
    this.joins += 1
  }

  endJoin(): void {
    this.joins -= 1
    if (this.joins === 0) this.tail = []
  }

  countRecovery(result: RecoveryResult): void {
    this.recoveries ??= Object.fromEntries(recoveryResults.map((name) => [name, 0])) as Record<RecoveryResult, number>
    this.recoveries[result] += 1
  }

  /** Takes one message from the room type's publish rate: 0, or milliseconds to wait. */
  takePublish(nowMs: number): number {
    const rate = this.type.publishRate
    if (rate === null) return 0
    this.bucket ??= new TokenBucket(rate, nowMs)
    return this.bucket.take(1, rate, rate, nowMs)
  }

  /** Sends a publisher its reply once the room's members have been sent its message; at once if they have. */
  replyAfterFlush(reply: LateReply): void {
    this.flush.reply(reply, this.phase === 'live' && this.memberCount > 0)
  }

  /** A message's frame as JSON text. In `latest` rooms each tells its epoch: what told it before may have been dropped. */
  frameText(message: StreamMessage, tellsEpoch: boolean): string {
    const epoch = tellsEpoch || this.type.kind === 'latest' ? `,"epoch":${JSON.stringify(message.epoch)}` : ''
    const from = this.type.from && message.from !== null ? `,"from":${JSON.stringify(message.from)}` : ''
    const data = message.isBytes ? `"data64":"${message.data}"` : `"data":${message.data}`
    return `${this.head}${message.offset}${epoch},${data}${from}}`
  }

  private took(wallMs: number): void {
    this.messages += 1
    this.lastMessageAt = wallMs
    if (this.type.history !== null) this.keptUntilMs = this.clock.nowMs() + this.type.history.ageMs
  }

  /** More than a recovery can hold is not remembered: those who wait for it get `over_limit`. */
  private remember(message: StreamMessage): void {
    this.tail.push(message)
    if (this.tail.length > limits.recoveryMessages + 1) this.tail.shift()
  }
}
