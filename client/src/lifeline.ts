import { mayReconnect, type ConnectOk, type RefreshOk } from '@gatehouse/protocol'
import { reconnectDelayMs } from './backoff.js'
import { systemClock, type Clock } from './clock.js'
import { closeFacts, type CloseFacts } from './close-facts.js'
import { subprotocols } from './codec.js'
import { Credentials } from './credentials.js'
import { systemEnvironment, type Environment } from './environment.js'
import { Handover } from './handover.js'
import { Link } from './link.js'
import { closedError, type ConnectionState, type Ended, type LifelineEvents } from './lifeline-events.js'
import { Liveness } from './liveness.js'
import type { Memberships } from './memberships.js'
import { OpenGate } from './open-gate.js'
import type { ConnectOptions } from './options.js'
import { askWhyRefused } from './refusal-check.js'
import { RequestError } from './request-error.js'
import { TokenRefresh } from './token-refresh.js'

/** Close code for a socket that may still be alive but brought nothing in time. 1000 would mean "on purpose". */
const GIVEN_UP = 3000

/**
 * Keeps one link to the gateway: opens again where the server's close code allows it, never where it does not, keeps
 * the token fresh, looks for signs of life, and moves to another node before its own is drained.
 */
export class Lifeline {
  readonly clock: Clock
  readonly random: () => number
  readonly #credentials: Credentials
  readonly #environment: Environment
  readonly #handover: Handover
  readonly #liveness: Liveness
  readonly #tokens: TokenRefresh
  readonly #gate = new OpenGate()
  #state: ConnectionState = 'closed'
  #link: Link | undefined
  #facts: ConnectOk | undefined
  #clockOffsetMs = 0
  #everOpened = false
  #attempt = 0
  /** Before this time the server does not want us back. */
  #notBefore = 0
  #cancelTimer = (): void => {}
  #stopWatching: (() => void) | undefined

  constructor(
    private readonly options: ConnectOptions,
    private readonly memberships: Memberships,
    private readonly events: LifelineEvents,
  ) {
    this.clock = options.clock ?? systemClock
    this.random = options.random ?? Math.random
    this.#credentials = new Credentials(options)
    this.#environment = options.environment ?? systemEnvironment
    this.#handover = new Handover(this.clock, this.random, this.#timeoutMs, memberships, () => this.#newLink())
    this.#liveness = new Liveness(
      this.clock,
      // With an id, because only then does the server answer.
      () => void this.ask('ping', {}).catch(() => {}),
      () => this.#lost(1006, ''),
    )
    this.#tokens = new TokenRefresh(
      this.clock,
      this.random,
      () => this.refresh(),
      (error) => events.onError('refresh_failed', String(error)),
    )
  }

  get state(): ConnectionState {
    return this.#state
  }
  get facts(): ConnectOk | undefined {
    return this.#facts
  }
  get link(): Link | undefined {
    return this.#link
  }
  get serverNow(): number {
    return this.clock.now() + this.#clockOffsetMs
  }

  /** Resolves when open; rejects if it is closed for good before that. */
  opened(): Promise<void> {
    if (this.#state === 'open') return Promise.resolve()
    if (this.#state === 'closed') return Promise.reject(this.#gate.error)
    if (this.#state === 'resting') this.open()
    return this.#gate.wait()
  }

  ask<T>(event: string, data: unknown, take?: (ok: T) => void): Promise<T> {
    return this.#link === undefined ? Promise.reject(this.#gate.error) : this.#link.ask<T>(event, data, take)
  }

  async refresh(): Promise<number> {
    const token = await this.#credentials.token()
    const { expiresAt } = await this.ask<RefreshOk>('refresh', { token })
    return expiresAt - this.serverNow
  }

  reconnect(force: boolean): void {
    if (this.#state === 'closed' && this.#gate.isTerminal && !force) throw this.#gate.error
    this.#attempt = 0
    this.#release('reconnecting')
    this.open()
  }

  close(): void {
    const error = new RequestError('disconnected', 'the connection was closed by the application')
    this.#release(error.message)
    this.#closeForGood(error, false)
    this.events.onClosed(undefined)
  }

  open(link = this.#newLink()): void {
    this.#state = 'connecting'
    this.#gate.forget()
    this.#link = link
    this.#stopWatching ??= this.#environment.watch((cause) => this.#woken(cause))
    this.#cancelTimer = this.clock.after(this.#timeoutMs, () => this.#lost(1006, ''))
  }

  checkHandover(): void {
    this.#handover.check()
  }

  planHandover(afterMs: number): void {
    if (this.options.reconnect !== false) this.#handover.plan(afterMs)
  }

  get #timeoutMs(): number {
    return this.options.timeoutMs ?? 15_000
  }

  #newLink(): Link {
    const Socket = this.options.WebSocket ?? globalThis.WebSocket
    const { url, codec } = this.options
    const settings = { clock: this.clock, timeoutMs: this.#timeoutMs, codec }
    return new Link(new Socket(url, subprotocols(codec)), settings, {
      onOpen: (link) => {
        if (this.#credentials.areSent) void this.#authenticate(link)
      },
      onReply: (link) => this.#heard(link),
      onPush: (link, push) => {
        this.#heard(link)
        if (push.event === 'connected' && !this.#handover.isFormer(link)) this.#authenticated(link, push)
        else if (link === this.#link) this.events.onPush(push)
        else if (this.#handover.isFormer(link)) this.memberships.formerPush(push)
      },
      onLost: (link, code, text) => {
        if (link !== this.#link) this.#handover.lost(link, mayReconnect(code))
        else if (link.hasOpened) this.#lost(code, text)
        else void this.#refused(code)
      },
      onUnreadable: (link, error) => {
        this.events.onError('unreadable_frame', String(error))
        this.#giveUp(link)
      },
    })
  }

  async #authenticate(link: Link): Promise<void> {
    try {
      const facts = await this.#credentials.facts(this.#facts?.session)
      if (link.isOver) return
      await link.ask<ConnectOk>('connect', facts, (ok) => this.#authenticated(link, ok))
    } catch (error) {
      if (link.isOver) return
      this.events.onError(error instanceof RequestError ? error.code : 'no_token', String(error))
      // A refused token is followed by the server's close, whose code says whether to come back.
      if (!(error instanceof RequestError)) this.#giveUp(link)
    }
  }

  #authenticated(link: Link, ok: ConnectOk): void {
    const isReconnect = this.#everOpened
    const former = this.#link
    this.#cancelTimer()
    this.#link = link
    this.#facts = ok
    this.#clockOffsetMs = ok.serverTime - this.clock.now()
    this.#state = 'open'
    this.#everOpened = true
    this.#attempt = 0
    this.#liveness.start(ok.pingMs)
    if (this.#credentials.canRenew) this.#tokens.start(ok.expiresAt - ok.serverTime)
    this.#gate.open()
    if (former !== undefined && former !== link) this.#handover.begin(former)
    this.events.onOpen(ok, isReconnect)
  }

  #heard(link: Link): void {
    if (link === this.#link) this.#liveness.heard()
    else this.#handover.check()
  }

  #giveUp(link: Link): void {
    if (link === this.#link) this.#lost(1006, '')
    else this.#handover.lost(link, true)
  }

  #lost(code: number, text: string): void {
    const facts = closeFacts(code, text, this.#link?.disconnectPush)
    const next = facts.next === 'reconnect' ? this.#handover.takeNext() : undefined
    this.#release(facts.sentence, GIVEN_UP)
    if (next !== undefined) this.open(next)
    const reconnectInMs = next === undefined ? this.#next(facts) : 0
    this.events.onDisconnect({
      code,
      reason: facts.reason,
      sentence: facts.sentence,
      connection: facts.connection ?? this.#facts?.connection,
      reconnectInMs,
      message: facts.message,
    })
    this.#tellClosed()
  }

  #next(facts: CloseFacts): number | undefined {
    if (facts.next === 'on_demand') {
      this.#state = 'resting'
      return undefined
    }
    const { areSent, canRenew } = this.#credentials
    const lacksToken = facts.next === 'after_refresh' && areSent && !canRenew
    if (facts.next !== 'stay_away' && !lacksToken) return this.#retry(facts.retryAfterMs, facts)
    return this.#closeForGood(closedError(facts), facts.next === 'stay_away')
  }

  async #refused(code: number): Promise<void> {
    this.#release('the opening failed')
    this.#state = 'waiting'
    const attempt = this.#attempt
    const isOnline = this.#environment.isOnline()
    const refusal = isOnline
      ? await askWhyRefused(this.options.url, this.options.fetch ?? fetch, !this.#credentials.areSent)
      : undefined
    // The application may have closed or reconnected while we asked.
    if (this.#state !== 'waiting' || this.#link !== undefined || this.#attempt !== attempt) return
    if (refusal === undefined) return this.#lost(code, '')
    const { status, reason, sentence } = refusal
    const reconnectInMs = refusal.isRetryable
      ? this.#retry(refusal.retryAfterMs, refusal)
      : this.#closeForGood(closedError(refusal), true)
    this.events.onRefused({ status, reason, sentence, reconnectInMs })
    this.#tellClosed()
  }

  #retry(retryAfterMs: number, facts: Ended): number | undefined {
    if (this.options.reconnect === false) return this.#closeForGood(closedError(facts), false)
    const delayMs = reconnectDelayMs(this.#attempt, this.random(), retryAfterMs)
    this.#attempt += 1
    this.#state = 'waiting'
    this.#notBefore = this.clock.now() + retryAfterMs
    this.#cancelTimer()
    this.#cancelTimer = this.clock.after(delayMs, () => this.#openWhenOnline())
    return delayMs
  }

  /** Without a network an attempt can only fail and make the waits longer; its return wakes us. */
  #openWhenOnline(): void {
    if (this.#environment.isOnline()) this.open()
  }

  #woken(cause: 'online' | 'visible'): void {
    if (this.#state === 'open') return this.#liveness.check()
    if (cause === 'online') this.#attempt = 0
    const isHanging = cause === 'online' && this.#link?.hasOpened === false
    if (this.#state !== 'waiting' && !isHanging) return
    this.#release('the network changed')
    this.#state = 'waiting'
    this.#cancelTimer = this.clock.after(this.#notBefore - this.clock.now(), () => this.#openWhenOnline())
  }

  #closeForGood(error: RequestError, isTerminal: boolean): undefined {
    this.#cancelTimer()
    this.#state = 'closed'
    this.#stopWatching?.()
    this.#stopWatching = undefined
    this.#gate.shut(error, isTerminal)
    return undefined
  }

  #tellClosed(): void {
    // The listener that was told of the end may have opened it again.
    if (this.#state === 'closed') this.events.onClosed(this.#gate.error)
  }

  #release(why: string, code = 1000): void {
    this.#cancelTimer()
    this.#liveness.stop()
    this.#tokens.stop()
    const link = this.#link
    this.#link = undefined
    this.events.onReleased()
    link?.drop(code, why)
    this.#handover.stop()
  }
}
