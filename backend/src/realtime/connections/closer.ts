import {
  clientCloseReason,
  closeReasons,
  closeSentence,
  limits,
  type CloseEvidence,
  type CloseReason,
  type Push,
} from '@gatehouse/protocol'
import type { Books } from '../books/books.js'
import type { CloseOutcome, Closing, Connection } from './connection.js'
import { closeRecord } from './close-record.js'
import type { HubSettings } from '../ports/hub-settings.js'
import { banEvidence, type BanHit } from '../ports/ban-list.js'
import { closeBudget } from '../ports/close-budget.js'
import type { HubPorts } from '../ports/hub-ports.js'
import { OutboxWatch } from '../delivery/outbox.js'
import type { Registry } from './registry.js'

/** Reasons that leave the queue unflushed: the client does not read, or broke the protocol. */
const NOT_FLUSHED: ReadonlySet<CloseReason> = new Set([
  'slow_consumer_bytes',
  'slow_consumer_deadline',
  'ping_timeout',
  'protocol_error',
  'unsupported_data',
  'invalid_payload',
  'message_too_big',
  'unfinished_message',
  'policy_violation',
])

export interface DisconnectOptions {
  readonly flushMs?: number
  readonly closeTimeoutMs?: number
  readonly done?: (outcome: CloseOutcome) => void
}

/** How a socket ended, as the edge saw it. */
export interface SocketEnd {
  /** Received close code; 1005 for a close frame without one, 1006 when none came. */
  readonly code: number
  readonly text: string
  /** System error code (`ECONNRESET`), when there was one. */
  readonly error?: string
  readonly hadCloseFrame: boolean
}

/**
 * Called in the turn that decides an end, before anything more is sent. With `isToldAll` the connection still gets what
 * its rooms have taken so far.
 */
export type EndingListener = (connection: Connection, isToldAll: boolean) => void

export interface CloserParts {
  readonly ports: HubPorts
  readonly settings: HubSettings
  readonly books: Books
  readonly registry: Registry
}

/** Ends connections: decides the reason once, flushes, says why, cuts what does not answer, and leaves one record each. */
export class Closer extends OutboxWatch<Connection> {
  readonly #parts: CloserParts
  /** Connections that are closing. */
  readonly #leaving = new Map<Connection, Closing>()
  #condemned = new Set<Connection>()
  readonly #endings: EndingListener[] = []

  constructor(parts: CloserParts) {
    super()
    this.#parts = parts
  }

  /** Adds a listener; listeners are called for each end in the order in which they were added. */
  onEnding(listener: EndingListener): void {
    this.#endings.push(listener)
  }

  /** Ends a connection; the first reason stands, later calls only add their `done`. */
  disconnect(c: Connection, reason: CloseReason, evidence: CloseEvidence, options: DisconnectOptions = {}): void {
    if (c.isClosed) {
      options.done?.({ forced: false, clean: false })
      return
    }
    if (c.closing !== null) {
      if (options.done !== undefined) c.closing.done.push(options.done)
      return
    }
    const nowMs = this.#parts.ports.clock.nowMs()
    const flushMs = options.flushMs ?? (NOT_FLUSHED.has(reason) ? 0 : closeBudget.flushMs)
    const closing = this.#decide(c, reason, evidence, closeReasons[reason].code ?? 1000, options)
    this.#tellEnding(c, flushMs > 0)
    c.note(this.#parts.ports.clock.wallMs(), 'closing', reason)
    this.#leaving.set(c, closing)
    closing.flushUntilMs = nowMs + flushMs
    if (flushMs <= 0 || !c.socket.isOpen) this.#sayGoodbye(c, closing)
    else c.outbox.tellWhenDrained()
  }

  /** Disconnects all that match as banned; answers how many. */
  ban(hit: BanHit, match: (c: Connection) => boolean): number {
    const evidence = banEvidence(hit)
    const hits = this.#parts.registry.list.filter((c) => c.closing === null && match(c))
    for (const c of hits) this.disconnect(c, 'banned', evidence)
    return hits.length
  }

  /** The socket is gone: whatever the cause, the books are closed here, once. */
  socketClosed(c: Connection, how: SocketEnd): void {
    if (c.isClosed) return
    if (c.closing === null) {
      const [reason, evidence] = this.#explain(c, how)
      this.#decide(c, reason, evidence, how.hadCloseFrame ? how.code : 1006, {})
      this.#tellEnding(c, false)
    }
    this.#finish(c, how.hadCloseFrame)
  }

  /** Acts on connections whose flush, answer or cut is overdue. */
  tick(nowMs: number): void {
    for (const [c, closing] of this.#leaving) {
      if (closing.giveUpAtMs > 0) {
        if (nowMs >= closing.giveUpAtMs) this.#finish(c, false)
      } else if (closing.answerUntilMs > 0) {
        if (nowMs < closing.answerUntilMs) continue
        closing.isForced = true
        closing.giveUpAtMs = nowMs + closeBudget.cutMs
        c.socket.terminate()
      } else if (nowMs >= closing.flushUntilMs) this.#sayGoodbye(c, closing)
    }
  }

  override over(connection: Connection): void {
    if (connection.closing !== null || this.#condemned.has(connection)) return
    this.#condemned.add(connection)
    if (this.#condemned.size > 1) return
    this.#parts.ports.clock.atTurnEnd(() => {
      const condemned = this.#condemned
      this.#condemned = new Set()
      for (const c of condemned)
        this.disconnect(c, 'slow_consumer_bytes', { limit: this.#parts.settings.outboxHardBytes })
    })
  }

  override slow(connection: Connection, isSlow: boolean): void {
    this.#parts.registry.slow += isSlow ? 1 : -1
    connection.note(this.#parts.ports.clock.wallMs(), isSlow ? 'slow' : 'recovered', null)
  }

  override drained(connection: Connection): void {
    const closing = this.#leaving.get(connection)
    if (closing !== undefined) this.#sayGoodbye(connection, closing)
  }

  #decide(
    c: Connection,
    reason: CloseReason,
    evidence: CloseEvidence,
    code: number,
    options: DisconnectOptions,
  ): Closing {
    if (c.state === 'authenticating') this.#parts.registry.authenticating -= 1
    const closing: Closing = {
      reason,
      evidence: { ...this.#measured(c), ...evidence },
      code,
      rooms: [...c.memberships.keys()],
      pendingBytes: c.outbox.queuedBytes,
      closeTimeoutMs: options.closeTimeoutMs ?? this.#parts.settings.closeTimeoutMs,
      done: options.done === undefined ? [] : [options.done],
      flushUntilMs: 0,
      answerUntilMs: 0,
      giveUpAtMs: 0,
      isForced: false,
      isOver: false,
    }
    c.beginClosing(closing)
    return closing
  }

  #measured(c: Connection): CloseEvidence {
    const nowMs = this.#parts.ports.clock.nowMs()
    const silentMs = Math.round(nowMs - c.health.heardAtMs)
    const { rttMs } = c.health
    const rtt = rttMs === null ? {} : { lastRttMs: rttMs }
    const { queuedBytes } = c.outbox
    if (queuedBytes === 0) return { ...rtt, silentMs }
    const room = c.outbox.heaviestRoom()
    const oldestMs = Math.round(c.outbox.oldestAgeMs(nowMs))
    return { queuedBytes, oldestMs, ...(room === undefined ? {} : { room }), ...rtt, silentMs }
  }

  #explain(c: Connection, how: SocketEnd): [CloseReason, CloseEvidence] {
    if (how.hadCloseFrame) return [clientCloseReason(how.code), { receivedCode: how.code }]
    const error = how.error ?? c.outbox.writeError ?? undefined
    if (error === undefined) return ['abnormal_eof', {}]
    const isReset = error === 'ECONNRESET'
    return [!isReset && c.outbox.writeError !== null ? 'write_error' : 'abnormal_reset', { error }]
  }

  #tellEnding(c: Connection, isToldAll: boolean): void {
    for (const listener of this.#endings) listener(c, isToldAll)
  }

  /** Gives up what could not be flushed, says why, and sends the close frame. */
  #sayGoodbye(c: Connection, closing: Closing): void {
    if (closing.answerUntilMs > 0) return
    const { outbox } = c
    const { clock } = this.#parts.ports
    closing.answerUntilMs = clock.nowMs() + closing.closeTimeoutMs
    outbox.discardWaiting()
    const push = disconnectPush(c.id, closing.code, closing.reason, closing.evidence)
    outbox.enqueue(c.encoding.push(push, clock.nowMs()))
    outbox.hurry()
    outbox.seal()
    if (c.isUnread) c.socket.resume()
    // No close frame may carry 1005 or 1006 (RFC 6455 section 7.4.1).
    if (closing.code === 1005 || closing.code === 1006) c.socket.terminate()
    else c.socket.close(closing.code, `${closing.reason} ${c.id}`.slice(0, limits.closeTextBytes))
  }

  #finish(c: Connection, isClean: boolean): void {
    const { closing } = c
    if (closing === null || c.isClosed) return
    const { records, sessions } = this.#parts.ports
    c.endClosing()
    this.#leaving.delete(c)
    if (c.isSlow) this.#parts.registry.slow -= 1
    c.outbox.close()
    this.#parts.registry.remove(c)
    this.#parts.books.countClosed(closing.reason)
    c.note(this.#parts.ports.clock.wallMs(), 'closed', closing.reason)
    if (this.#parts.settings.countsInBooks) {
      records.closed(
        closeRecord(c, closing, this.#parts.ports.clock.wallMs(), isClean, this.#parts.settings.recordAddress),
      )
      if (c.successor !== null) records.reconnected(c.id, c.successor)
    }
    if (c.session !== null) sessions.release(c.session, c.id)
    for (const done of closing.done) done({ forced: closing.isForced, clean: isClean })
  }
}

/** What a client is told before its close frame. The actor is not told. */
function disconnectPush(connection: string, code: number, reason: CloseReason, evidence: CloseEvidence): Push {
  const { actor: _, ...told } = evidence
  const { retryAfterMs, message, expiresAt } = told
  return {
    event: 'disconnect',
    code,
    reason,
    connection,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(message === undefined ? {} : { message }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    sentence: closeSentence(reason, told),
  }
}
