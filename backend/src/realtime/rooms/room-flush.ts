import type { Encoding } from '../encoding/encoding.js'
import { jsonEncoding } from '../encoding/json-encoding.js'
import type { Membership } from './membership.js'
import type { RoomSurroundings } from './room.js'
import type { RoomLedger } from '../books/room-ledger.js'
import type { SharedParcel } from '../encoding/shared-parcel.js'

/** A parcel holds no more than this many characters of frames, unless one message alone does. */
const PARCEL_CHARACTERS = 65_536
/** Members between two looks at the clock. */
const STRIDE = 32
/** Sealed parcels a room may have under way before they are sent out without yielding. */
const MOST_JOBS = 64

/** A reply that quotes an offset: it may not overtake the message with that offset. */
export interface LateReply {
  readonly epoch: string
  readonly offset: number
  /** The same key was published before: its message was flushed long ago, maybe in an earlier epoch. */
  readonly isDuplicate: boolean
  readonly atMs: number
  readonly send: () => void
}

interface Job {
  /** Encoded for the first member that reads text or binary. */
  text: SharedParcel | null
  binary: SharedParcel | null
  readonly texts: readonly string[]
  readonly epoch: string
  readonly from: number
  readonly to: number
  /** The members in slots before `until` get it; those before `cursor` have. */
  cursor: number
  readonly until: number
}

/**
 * Takes a room's messages to its members: collected during a loop turn, joined into one parcel, handed to each member's
 * outbox in order, in several turns if the room is big. Replies that quote an offset wait for it here.
 */
export class RoomFlush {
  #texts: string[] = []
  #epoch = ''
  #from = 0
  #to = 0
  #characters = 0
  readonly #jobs: Job[] = []
  #replies: LateReply[] = []
  #flushedEpoch = ''
  #flushedOffset = 0
  /** How long sending the current parcels took so far, and until when the room rests after the last ones; monotonic. */
  #workedMs = 0
  #workingSinceMs = 0
  #restUntilMs = 0

  constructor(
    private readonly room: string,
    private readonly ledger: RoomLedger,
    private readonly slots: readonly (Membership | null)[],
    private readonly around: RoomSurroundings,
  ) {}

  /** Whether sealed parcels are on their way: members must keep their slots. */
  get isUnderWay(): boolean {
    return this.#jobs.length > 0
  }

  get hasWork(): boolean {
    return this.#jobs.length > 0 || this.#texts.length > 0 || this.#replies.length > 0
  }

  add(text: string, epoch: string, offset: number): void {
    if (this.#texts.length === 0) {
      this.#epoch = epoch
      this.#from = offset
    } else if (this.#characters + text.length > PARCEL_CHARACTERS || offset !== this.#to + 1) {
      this.seal()
      this.#epoch = epoch
      this.#from = offset
    }
    this.#texts.push(text)
    this.#to = offset
    this.#characters += text.length
  }

  /** No member was here to receive anything up to this offset. */
  skipTo(epoch: string, offset: number): void {
    if (this.isUnderWay || this.#texts.length > 0) return
    this.#flushedEpoch = epoch
    this.#flushedOffset = offset
  }

  /** The last member left: nobody is there to get what is on its way. */
  abandon(epoch: string, offset: number): void {
    this.#texts = []
    this.#characters = 0
    this.#jobs.length = 0
    this.#flushedEpoch = epoch
    this.#flushedOffset = offset
    this.releaseAll()
  }

  /** Makes what is collected a parcel for the current members. */
  seal(): void {
    if (this.#texts.length === 0) return
    const texts = this.#texts
    this.#jobs.push({
      text: null,
      binary: null,
      texts,
      epoch: this.#epoch,
      from: this.#from,
      to: this.#to,
      cursor: 0,
      until: this.slots.length,
    })
    this.#texts = []
    this.#characters = 0
  }

  /**
   * Milliseconds until what is collected may go out: a wide room that has just sent may have to rest (see RoomRest).
   */
  restMs(): number {
    if (this.isUnderWay || this.#texts.length === 0) return 0
    return Math.max(0, this.#restUntilMs - this.around.clock.nowMs())
  }

  /**
   * Sends out until nothing is left or the clock passes `deadlineMs`; answers whether all went. What is collected is
   * sealed only when nothing is under way, so that a busy room joins more. Without a deadline it does not rest.
   */
  advance(deadlineMs: number): boolean {
    this.#workingSinceMs = this.around.clock.nowMs()
    const isDone = this.#sendUntil(deadlineMs)
    if (this.isUnderWay) this.#workedMs += this.around.clock.nowMs() - this.#workingSinceMs
    return isDone
  }

  /** Everything sealed has gone out: the room begins to rest. */
  #beginRest(): void {
    const nowMs = this.around.clock.nowMs()
    this.#restUntilMs = nowMs + this.around.rest.after(this.#workedMs + nowMs - this.#workingSinceMs)
    this.#workedMs = 0
    this.#workingSinceMs = nowMs
  }

  #sendUntil(deadlineMs: number): boolean {
    for (;;) {
      if (this.#jobs.length === 0) {
        if (deadlineMs !== Infinity && this.restMs() > 0) return false
        this.seal()
      }
      const job = this.#jobs[0]
      if (job === undefined) break
      const isUrgent = this.#jobs.length > MOST_JOBS
      if (!this.#run(job, isUrgent ? Infinity : deadlineMs)) return false
      this.#jobs.shift()
      this.#flushedEpoch = job.epoch
      this.#flushedOffset = job.to
      if (this.#jobs.length === 0) this.#beginRest()
      this.#release()
      if (!isUrgent && this.around.clock.nowMs() > deadlineMs && this.#hasMore) return false
    }
    this.#release()
    return true
  }

  /** One member gets all sealed parcels now; it must leave its slot before they go out to the others. */
  catchUp(membership: Membership): void {
    const { index } = membership
    for (const job of this.#jobs) {
      if (index < job.cursor || index >= job.until) continue
      membership.outbox.enqueue(this.#parcelFor(membership, job))
    }
  }

  reply(reply: LateReply, hasAudience: boolean): void {
    if (this.#replies.length === 0 && (!hasAudience || this.#isFlushed(reply))) reply.send()
    else this.#replies.push(reply)
  }

  /** Sends the replies whose message never came within their time. */
  releaseBefore(atMs: number): void {
    while (this.#replies[0] !== undefined && this.#replies[0].atMs < atMs) this.#replies.shift()?.send()
  }

  releaseAll(): void {
    const replies = this.#replies
    this.#replies = []
    for (const reply of replies) reply.send()
  }

  get #hasMore(): boolean {
    return this.#jobs.length > 0 || this.#texts.length > 0
  }

  #run(job: Job, deadlineMs: number): boolean {
    const { slots } = this
    const { until } = job
    for (let i = job.cursor; i < until; i += 1) {
      const membership = slots[i]
      if (membership !== null && membership !== undefined) {
        membership.outbox.enqueue(this.#parcelFor(membership, job))
      }
      if ((i & (STRIDE - 1)) === STRIDE - 1 && i + 1 < until && this.around.clock.nowMs() > deadlineMs) {
        job.cursor = i + 1
        return false
      }
    }
    return true
  }

  /** The job's parcel that is shared by all members of this member's encoding. */
  #parcelFor({ outbox, connection }: Membership, job: Job): SharedParcel {
    if (outbox.isBinary) return (job.binary ??= this.#encoded(job, connection.encoding))
    return (job.text ??= this.#encoded(job, jsonEncoding))
  }

  #encoded(job: Job, encoding: Encoding): SharedParcel {
    const { texts, epoch, from, to, until } = job
    return encoding.stream(
      texts,
      { room: this.room, epoch, from, to, members: until },
      this.ledger,
      this.around.clock.nowMs(),
    )
  }

  #isFlushed(reply: LateReply): boolean {
    return reply.isDuplicate || (reply.epoch === this.#flushedEpoch && reply.offset <= this.#flushedOffset)
  }

  #release(): void {
    let sent = 0
    while (sent < this.#replies.length && this.#isFlushed(this.#replies[sent] as LateReply)) {
      this.#replies[sent]?.send()
      sent += 1
    }
    if (sent > 0) this.#replies.splice(0, sent)
  }
}
