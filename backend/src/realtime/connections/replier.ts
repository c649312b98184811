import { limits, type Push, type ReplyError, type ReplyErrorCode } from '@gatehouse/protocol'
import type { Books } from '../books/books.js'
import type { Closer } from './closer.js'
import type { Connection } from './connection.js'
import type { Clock } from '../ports/clock.js'

/** Replies and pushes to single connections, and what wrong frames lead to. */
export class Replier {
  constructor(
    private readonly clock: Clock,
    private readonly books: Books,
    private readonly closer: Closer,
  ) {}

  reply(c: Connection, id: number, ok: unknown): void {
    if (c.closing === null) c.outbox.enqueue(c.encoding.reply(id, ok, this.clock.nowMs()))
  }

  /** The reply to a publish, by far the most frequent. */
  replyOffset(c: Connection, id: number, offset: number): void {
    if (c.closing === null) c.outbox.enqueue(c.encoding.replyOffset(id, offset, this.clock.nowMs()))
  }

  /** Answers a failed frame: with its id, or by an `error` push when it had none or a pause has used up its replies. */
  fail(c: Connection, id: number | undefined, error: ReplyError): void {
    this.#tell(c, id, error)
    this.#count(c, error.code)
    if (error.code === 'bad_request' || error.code === 'unknown_event') this.#countFault(c, error.code)
  }

  /** Answers a well-formed frame that the room does not accept. Such frames never close the connection. */
  decline(c: Connection, id: number | undefined, error: ReplyError): void {
    this.#tell(c, id, error)
    this.#count(c, error.code)
  }

  /** Sends the `error` push that is due, if one is. */
  tellErrors(c: Connection, nowMs: number): void {
    const untold = c.errorTally?.take(nowMs) ?? null
    if (untold !== null) this.push(c, { event: 'error', ...untold })
  }

  push(c: Connection, push: Push): void {
    if (c.closing === null) c.outbox.enqueue(c.encoding.push(push, this.clock.nowMs()))
  }

  #tell(c: Connection, id: number | undefined, error: ReplyError): void {
    if (id === undefined || (c.isPaused && error.code === 'rate_limited' && !c.limits.mayReplyInPause())) {
      c.tallyErrors().add(error.code, error.message)
      this.tellErrors(c, this.clock.nowMs())
    } else if (c.closing === null) c.outbox.enqueue(c.encoding.replyError(id, error, this.clock.nowMs()))
  }

  #count(c: Connection, code: ReplyErrorCode): void {
    c.health.countError()
    this.books.errorsByCode[code] += 1
  }

  /** The tenth wrong frame in a minute closes the connection. */
  #countFault(c: Connection, code: ReplyErrorCode): void {
    const faults = c.tallyErrors().countFault(this.clock.nowMs())
    c.note(this.clock.wallMs(), 'error', code)
    if (faults < limits.errorsPerMinute) return
    this.closer.disconnect(c, 'too_many_errors', { limit: limits.errorsPerMinute, value: faults })
  }
}
