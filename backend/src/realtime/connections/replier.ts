import { limits, type Push, type ReplyError, type ReplyErrorCode } from '@gatehouse/protocol'
import type { Books } from '../books/books.js'
import type { Closer } from './closer.js'
import type { Connection } from './connection.js'
import type { Clock } from '../ports/clock.js'

const MINUTE_MS = 60_000
/** An `error` push goes out at most this often for one connection. */
const ERROR_PUSH_MS = 1_000
/** Frames that were parsed before a rate pause took hold: so many get their own refusal, the rest the `error` push. */
const REPLIES_A_PAUSE = 100

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

  /** Answers a failed frame: with its id, or by an `error` push when it had none or a rate pause has had its replies. */
  fail(c: Connection, id: number | undefined, error: ReplyError): void {
    this.tell(c, id, error)
    this.count(c, error.code)
    if (error.code === 'bad_request' || error.code === 'unknown_event') this.countFault(c, error.code)
  }

  /** Answers alike a frame that is whole and that the room does not take: such ones never close the connection. */
  decline(c: Connection, id: number | undefined, error: ReplyError): void {
    this.tell(c, id, error)
    this.count(c, error.code)
  }

  /** Sends the `error` push that is due, if one is. */
  tellErrors(c: Connection, nowMs: number): void {
    if (c.errorUntold === null || nowMs - c.errorPushAtMs < ERROR_PUSH_MS) return
    const { code, message } = c.errorUntold
    this.push(c, { event: 'error', code, message, count: c.errorsUntold })
    c.errorPushAtMs = nowMs
    c.errorsUntold = 0
    c.errorUntold = null
  }

  push(c: Connection, push: Push): void {
    if (c.closing === null) c.outbox.enqueue(c.encoding.push(push, this.clock.nowMs()))
  }

  private mayReplyInPause(c: Connection): boolean {
    c.repliesInPause += 1
    return c.repliesInPause <= REPLIES_A_PAUSE
  }

  private tell(c: Connection, id: number | undefined, error: ReplyError): void {
    if (id === undefined || (c.isPaused && error.code === 'rate_limited' && !this.mayReplyInPause(c))) {
      c.errorsUntold += 1
      c.errorUntold = { code: error.code, message: error.message }
      this.tellErrors(c, this.clock.nowMs())
    } else if (c.closing === null) c.outbox.enqueue(c.encoding.replyError(id, error, this.clock.nowMs()))
  }

  private count(c: Connection, code: ReplyErrorCode): void {
    c.errors += 1
    this.books.errorsByCode[code] += 1
  }

  /** The tenth wrong frame in a minute closes. */
  private countFault(c: Connection, code: ReplyErrorCode): void {
    const nowMs = this.clock.nowMs()
    if (nowMs - c.faultWindowMs >= MINUTE_MS) {
      c.faultWindowMs = nowMs
      c.faults = 0
    }
    c.faults += 1
    this.closer.note(c, 'error', code)
    if (c.faults < limits.errorsPerMinute) return
    this.closer.disconnect(c, 'too_many_errors', { limit: limits.errorsPerMinute, value: c.faults })
  }
}
