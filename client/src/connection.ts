import {
  JSON_SUBPROTOCOL,
  mayReconnect,
  type ConnectOk,
  type JoinManyOk,
  type JoinOk,
  type PresenceOk,
  type Push,
  type RefreshOk,
} from '@gatehouse/protocol'
import { reconnectDelayMs } from './backoff.js'
import { systemClock, type Clock } from './clock.js'
import { closeFacts, type CloseFacts } from './close-facts.js'
import { Credentials } from './credentials.js'
import { Events, type ConnectionEvents } from './events.js'
import { Handover } from './handover.js'
import { Link } from './link.js'
import { Liveness } from './liveness.js'
import { Memberships } from './memberships.js'
import type { ConnectOptions, RoomHandlers } from './options.js'
import { askWhyRefused } from './refusal-check.js'
import { Rejoin } from './rejoin.js'
import { RequestError } from './request-error.js'
import { TokenRefresh } from './token-refresh.js'

/** What the server is told when a socket that may still live is given up: nothing came in time. Not "on purpose". */
const GIVEN_UP = 3000

/**
 * `connecting`: opening or authenticating. `open`: requests go out. `waiting`: before the next attempt. `resting`: closed
 * for idleness, opens with the next request. `closed`: for good, until `reconnect`.
 */
export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'resting' | 'closed'

/**
 * One lasting connection to a gateway: opens again where the server's close code allows it, joins its rooms again, keeps
 * its token fresh, moves to another node before its own is drained. With neither `token` nor `getToken` it counts as open when the server's `connected` push arrives: that
 * is how a page with a session cookie uses `/v1/live`.
 */
export class Connection {
  readonly #options: ConnectOptions
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #random: () => number
  readonly #events = new Events()
  readonly #memberships = new Memberships(
    (gap) => this.#events.emit('gap', gap),
    () => this.#handover.check(),
  )
  readonly #rejoin: Rejoin
  readonly #handover: Handover
  readonly #liveness: Liveness
  readonly #tokens: TokenRefresh
  #state: ConnectionState = 'closed'
  #link: Link | undefined
  #facts: ConnectOk | undefined
  #clockOffsetMs = 0
  #everOpened = false
  #attempt = 0
  #cancelTimer = (): void => {}
  #openWaiters: { resolve: () => void; reject: (error: RequestError) => void }[] = []

  constructor(options: ConnectOptions) {
    this.#options = options
    this.#credentials = new Credentials(options)
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#rejoin = new Rejoin(
      this.#clock,
      this.#memberships,
      (items, take) => this.#ask<JoinManyOk>('join', { rooms: items }, take),
      (room, reason) => this.#leftRoom(room, reason),
    )
    this.#handover = new Handover(this.#clock, this.#random, this.#timeoutMs, this.#memberships, () => this.#newLink())
    this.#liveness = new Liveness(
      this.#clock,
      // With an id, because only then does the server answer.
      () => void this.#ask('ping', {}).catch(() => {}),
      () => this.#lost(1006, ''),
    )
    this.#tokens = new TokenRefresh(
      this.#clock,
      this.#random,
      () => this.refresh(),
      (error) => this.#events.emit('error', { code: 'refresh_failed', message: String(error) }),
    )
    this.#open()
  }

  get state(): ConnectionState {
    return this.#state
  }
  /** Id of the connection that is open now, or of the last one; what an operator can look up. */
  get id(): string | undefined {
    return this.#facts?.connection
  }
  get session(): string | undefined {
    return this.#facts?.session
  }
  get rooms(): readonly string[] {
    return this.#memberships.rooms
  }
  /** The server's clock, milliseconds since 1970. */
  get serverNow(): number {
    return this.#clock.now() + this.#clockOffsetMs
  }

  on<E extends keyof ConnectionEvents>(event: E, listener: (detail: ConnectionEvents[E]) => void): () => void {
    return this.#events.on(event, listener)
  }

  /** Resolves when open; rejects when it is closed for good before. */
  opened(): Promise<void> {
    if (this.#state === 'open') return Promise.resolve()
    if (this.#state === 'closed') return Promise.reject(new RequestError('disconnected', 'the connection is closed'))
    if (this.#state === 'resting') this.#open()
    return new Promise((resolve, reject) => this.#openWaiters.push({ resolve, reject }))
  }

  /**
   * Becomes a member and stays one over reconnects, until `leave`, a `left` or `roomClosed` push, or a refused rejoin.
   * Rejects when the server refuses.
   */
  async join(room: string, handlers: RoomHandlers = {}): Promise<JoinOk> {
    if (this.#state !== 'open') await this.opened()
    this.#memberships.want(room, handlers)
    try {
      return await this.#ask<JoinOk>('join', { room }, (ok) => this.#memberships.joined(room, ok))
    } catch (error) {
      // After a lost connection the room stays wanted: the reconnect asks again.
      if (!(error instanceof RequestError && error.code === 'disconnected')) this.#memberships.forget(room)
      throw error
    }
  }

  async leave(room: string): Promise<void> {
    this.#memberships.forget(room)
    if (this.#state === 'open') await this.#ask('leave', { room })
  }

  /** With a `key` it may be sent again after a `timeout` or `unknown_outcome`: it then has its effect once. */
  publish(room: string, data: unknown, options: { key?: string } = {}): Promise<{ readonly offset: number }> {
    return this.request('publish', options.key === undefined ? { room, data } : { room, data, key: options.key })
  }

  /** Who is in the room: at most 1,000 users with their connections, and how many connections in all. */
  presence(room: string): Promise<PresenceOk> {
    return this.request('presence', { room })
  }

  /** Any request of the protocol; waits until the connection is open. */
  async request<T>(event: string, data: unknown): Promise<T> {
    if (this.#state !== 'open') await this.opened()
    return this.#ask<T>(event, data)
  }

  /** Sends a fresh token now; answers how long it lives, milliseconds. Happens by itself when there is `getToken`. */
  async refresh(): Promise<number> {
    const token = await this.#credentials.token()
    const { expiresAt } = await this.#ask<RefreshOk>('refresh', { token })
    return expiresAt - this.serverNow
  }

  /** Drops whatever there is and opens now. */
  reconnect(): void {
    this.#attempt = 0
    this.#release('reconnecting')
    this.#open()
  }

  close(): void {
    this.#release('closed by the application')
    this.#closeForGood('closed by the application')
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 15_000
  }

  #open(link = this.#newLink()): void {
    this.#state = 'connecting'
    this.#link = link
    this.#cancelTimer = this.#clock.after(this.#timeoutMs, () => this.#lost(1006, ''))
  }

  #newLink(): Link {
    const Socket = this.#options.WebSocket ?? globalThis.WebSocket
    return new Link(new Socket(this.#options.url, [JSON_SUBPROTOCOL]), this.#clock, this.#timeoutMs, {
      onOpen: (link) => {
        if (this.#credentials.areSent) void this.#authenticate(link)
      },
      onReply: (link) => this.#heard(link),
      onPush: (link, push) => {
        this.#heard(link)
        if (link === this.#link) this.#onPush(link, push)
        else if (this.#handover.isFormer(link)) this.#memberships.formerPush(push)
        else if (push.event === 'connected') this.#authenticated(link, push)
      },
      onLost: (link, code, text) => {
        if (link !== this.#link) this.#handover.lost(link, mayReconnect(code))
        else if (link.hasOpened) this.#lost(code, text)
        else void this.#refused(code)
      },
    })
  }

  async #authenticate(link: Link): Promise<void> {
    try {
      const facts = await this.#credentials.facts(this.#facts?.session)
      if (link.isOver) return
      const ok = await link.ask<ConnectOk>('connect', facts)
      if (!link.isOver) this.#authenticated(link, ok)
    } catch (error) {
      if (link.isOver) return
      this.#events.emit('error', {
        code: error instanceof RequestError ? error.code : 'no_token',
        message: String(error),
      })
      // A refused token is followed by the server's close, whose code says whether to come back.
      if (error instanceof RequestError) return
      if (link === this.#link) this.#lost(1006, '')
      else this.#handover.lost(link, true)
    }
  }

  #authenticated(link: Link, ok: ConnectOk): void {
    const isReconnect = this.#everOpened
    const former = this.#link
    this.#cancelTimer()
    this.#link = link
    this.#facts = ok
    this.#clockOffsetMs = ok.serverTime - this.#clock.now()
    this.#state = 'open'
    this.#everOpened = true
    this.#attempt = 0
    this.#liveness.start(ok.pingMs)
    if (this.#credentials.canRenew) this.#tokens.start(ok.expiresAt - ok.serverTime)
    for (const waiter of this.#openWaiters.splice(0)) waiter.resolve()
    this.#rejoin.start(this.#memberships.items())
    if (former !== undefined && former !== link) this.#handover.begin(former)
    this.#events.emit('open', { ...ok, isReconnect })
  }

  #heard(link: Link): void {
    if (link === this.#link) this.#liveness.heard()
    else this.#handover.check()
  }

  #onPush(link: Link, push: Push): void {
    switch (push.event) {
      case 'message':
        return this.#memberships.message(push)
      case 'connected':
        return this.#authenticated(link, push)
      case 'gap':
        return this.#memberships.gap(push)
      case 'presence':
        this.#memberships.presence(push.room, push)
        return this.#events.emit('presence', push)
      case 'left':
        return this.#leftRoom(push.room, push.reason)
      case 'roomClosed':
        this.#memberships.left(push.room, 'room_closed')
        return this.#events.emit('roomClosed', push)
      case 'drain':
        if (this.#options.reconnect !== false) this.#handover.plan(push.reconnectAfterMs)
        return this.#events.emit('drain', push)
      case 'disconnect':
        return
      case 'notice':
        return this.#events.emit('notice', push)
      case 'error':
        return this.#events.emit('error', push)
    }
  }

  #leftRoom(room: string, reason: string): void {
    this.#memberships.left(room, reason)
    this.#events.emit('left', { room, reason })
  }

  #lost(code: number, text: string): void {
    const facts = closeFacts(code, text, this.#link?.disconnectPush)
    const next = facts.next === 'reconnect' ? this.#handover.takeNext() : undefined
    this.#release(facts.sentence, GIVEN_UP)
    if (next !== undefined) this.#open(next)
    const reconnectInMs = next === undefined ? this.#next(facts) : 0
    this.#events.emit('disconnect', {
      code,
      reason: facts.reason,
      sentence: facts.sentence,
      connection: facts.connection ?? this.#facts?.connection,
      reconnectInMs,
      message: facts.message,
    })
  }

  #next(facts: CloseFacts): number | undefined {
    if (facts.next === 'on_demand') {
      this.#state = 'resting'
      return undefined
    }
    const { areSent, canRenew } = this.#credentials
    const lacksToken = facts.next === 'after_refresh' && areSent && !canRenew
    return facts.next === 'stay_away' || lacksToken
      ? this.#closeForGood(facts.sentence)
      : this.#retry(facts.retryAfterMs)
  }

  async #refused(code: number): Promise<void> {
    this.#release('the opening failed')
    this.#state = 'waiting'
    const attempt = this.#attempt
    const refusal = await askWhyRefused(this.#options.url, this.#options.fetch ?? fetch)
    // The application may have closed or reconnected while we asked.
    if (this.#state !== 'waiting' || this.#link !== undefined || this.#attempt !== attempt) return
    if (refusal === undefined) return this.#lost(code, '')
    const { status, reason, sentence } = refusal
    const reconnectInMs = refusal.isRetryable ? this.#retry(refusal.retryAfterMs) : this.#closeForGood(sentence)
    this.#events.emit('refused', { status, reason, sentence, reconnectInMs })
  }

  #retry(retryAfterMs: number): number | undefined {
    if (this.#options.reconnect === false) return this.#closeForGood('the connection ended')
    const delayMs = reconnectDelayMs(this.#attempt, this.#random(), retryAfterMs)
    this.#attempt += 1
    this.#state = 'waiting'
    this.#cancelTimer = this.#clock.after(delayMs, () => this.#open())
    return delayMs
  }

  #closeForGood(why: string): undefined {
    this.#state = 'closed'
    for (const waiter of this.#openWaiters.splice(0)) waiter.reject(new RequestError('disconnected', why))
    return undefined
  }

  #release(why: string, code = 1000): void {
    this.#cancelTimer()
    this.#rejoin.stop()
    this.#liveness.stop()
    this.#tokens.stop()
    const link = this.#link
    this.#link = undefined
    link?.drop(code, why)
    this.#handover.stop()
  }

  #ask<T>(event: string, data: unknown, take?: (ok: T) => void): Promise<T> {
    if (this.#link === undefined) return Promise.reject(new RequestError('disconnected', 'the connection is closed'))
    return this.#link.ask<T>(event, data, take)
  }
}
