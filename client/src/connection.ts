import type { ConnectOk, HistoryOk, JoinManyOk, JoinOk, PresenceOk, Push } from '@gatehouse/protocol'
import { spelled, withBytes } from './codec.js'
import { Events, type ConnectionEvents } from './events.js'
import { Lifeline } from './lifeline.js'
import type { ConnectionState } from './lifeline-events.js'
import { Memberships } from './memberships.js'
import type { ConnectOptions, HistoryQuery, JoinOptions, PublishOptions, RoomHandlers } from './options.js'
import { Rejoin } from './rejoin.js'
import { RequestError } from './request-error.js'
import { LONGEST_RETRY_MS, makeKey, RETRY_MS, retrying } from './retry.js'
import { Room, type RoomOptions } from './room.js'
import { RoomReader } from './room-reader.js'

/**
 * One lasting connection to a gateway: opens again where the server's close code allows it, joins its rooms again from
 * where they were read to, keeps its token fresh, moves to another node before its own is drained. With neither `token`
 * nor `getToken` it counts as open when the server's `connected` push arrives: that is how a page with a session cookie
 * uses `/v1/live`. `Rooms` names the payload types of rooms: `{ [room: `chat:${string}`]: Chat; news: News }`.
 */
export class Connection<Rooms extends object = Record<string, unknown>> {
  readonly #options: ConnectOptions
  readonly #events = new Events()
  readonly #memberships = new Memberships({
    onJoined: (joined) => this.#events.emit('joined', joined),
    onGap: (gap) => this.#events.emit('gap', gap),
    onRecovered: (recovered) => this.#events.emit('recovered', recovered),
    onFormerDone: () => this.#lifeline.checkHandover(),
  })
  readonly #lifeline: Lifeline
  readonly #rejoin: Rejoin
  readonly #reader: RoomReader

  constructor(options: ConnectOptions) {
    this.#options = options
    this.#lifeline = new Lifeline(options, this.#memberships, {
      onOpen: (ok, isReconnect) => this.#opened(ok, isReconnect),
      onPush: (push) => this.#onPush(push),
      onReleased: () => this.#rejoin.stop(),
      onClosed: (error) => this.#reader.end(error),
      onDisconnect: (end) => this.#events.emit('disconnect', end),
      onRefused: (refused) => this.#events.emit('refused', refused),
      onError: (code, message) => this.#events.emit('error', { code, message }),
    })
    const { clock, random } = this.#lifeline
    this.#rejoin = new Rejoin(
      clock,
      random,
      this.#memberships,
      (items, take) => this.#lifeline.ask<JoinManyOk>('join', { rooms: items }, take),
      (room, reason) => this.#leftRoom(room, reason),
    )
    this.#reader = new RoomReader(
      clock,
      this.#memberships,
      () => this.state === 'closed',
      // When the connection opens, it joins all rooms that are wanted.
      (room) => (this.state === 'open' ? this.#enter(room) : this.opened()),
      (room) => this.leave(room),
    )
    this.#lifeline.open()
  }

  get state(): ConnectionState {
    return this.#lifeline.state
  }
  /** Id of the connection that is open now, or of the last one. An operator can look it up. */
  get id(): string | undefined {
    return this.#lifeline.facts?.connection
  }
  get session(): string | undefined {
    return this.#lifeline.facts?.session
  }
  /** Rooms it is in, or will be again. */
  get rooms(): readonly string[] {
    return this.#memberships.rooms
  }
  /** The server's clock, milliseconds since 1970. */
  get serverNow(): number {
    return this.#lifeline.serverNow
  }

  on<E extends keyof ConnectionEvents>(event: E, listener: (detail: ConnectionEvents[E]) => void): () => void {
    return this.#events.on(event, listener)
  }

  /** Resolves when open; rejects if it is closed for good before that. */
  opened(): Promise<void> {
    return this.#lifeline.opened()
  }

  /** A handle of one room, with the payload type that `Rooms` gives it. */
  room<N extends keyof Rooms & string>(name: N, options: RoomOptions = {}): Room<Rooms[N]> {
    return new Room<Rooms[N]>(name, this as unknown as Connection, this.#reader, options)
  }

  /**
   * Becomes a member and stays one over reconnects, until `leave`, a `left` or `roomClosed` push, or a refused rejoin.
   * Rejects when the server refuses. `handlers` replace those of an earlier call.
   */
  async join(room: string, handlers?: RoomHandlers, options: JoinOptions = {}): Promise<JoinOk> {
    if (this.state !== 'open') await this.opened()
    this.#memberships.want(room, handlers, options.since).isKept = true
    return this.#enter(room)
  }

  async leave(room: string): Promise<void> {
    this.#memberships.forget(room)
    this.#reader.end(undefined, room)
    if (this.state === 'open') await this.#lifeline.ask('leave', { room })
  }

  /**
   * With a `key` it may be sent again after a `timeout` or `unknown_outcome` and still takes effect only once. With
   * `retry` that happens by itself, over reconnects too; publishes that overlap may then arrive in another order.
   */
  publish(room: string, data: unknown, options: PublishOptions = {}): Promise<{ readonly offset: number }> {
    const { key, retry = false, withinMs = RETRY_MS } = options
    if (!retry) return this.request('publish', key === undefined ? { room, data } : { room, data, key })
    const { clock, random } = this.#lifeline
    const mayGoOn = (): boolean => this.state !== 'closed'
    // The same key with other data is an error, so what is sent must not change with the application's object.
    const frozen = this.#copy({ room, data, key: key ?? makeKey() })
    return retrying({ clock, random, withinMs: Math.min(withinMs, LONGEST_RETRY_MS), mayGoOn }, async (demandTime) => {
      await this.opened()
      demandTime()
      return this.#lifeline.ask<{ readonly offset: number }>('publish', frozen)
    })
  }

  /** Who is in the room: at most 1,000 users with their connections, and how many connections in all. */
  presence(room: string): Promise<PresenceOk> {
    return this.request('presence', { room })
  }

  /** What the room keeps, oldest first unless asked otherwise. */
  async history(room: string, query: HistoryQuery = {}): Promise<HistoryOk> {
    const page = await this.request<HistoryOk>('history', { room, ...query })
    return { ...page, messages: page.messages.map(withBytes) }
  }

  /**
   * A receipt: everything in the room up to this offset has been dealt with. The offset is of the epoch read last,
   * unless another is named. A receipt for an epoch that is over confirms nothing.
   */
  async ack(room: string, offset: number, epoch = this.#memberships.position(room)?.epoch): Promise<void> {
    await this.request('ack', epoch === undefined ? { room, offset } : { room, offset, epoch })
  }

  /** Any request of the protocol; waits until the connection is open. */
  async request<T>(event: string, data: unknown): Promise<T> {
    if (this.state !== 'open') await this.opened()
    return this.#lifeline.ask<T>(event, data)
  }

  /** Sends a fresh token now; resolves to its life in milliseconds. With `getToken` this happens by itself. */
  refresh(): Promise<number> {
    return this.#lifeline.refresh()
  }

  /**
   * Drops the present connection, if any, and opens a new one now. Throws where the server closed with a code that says
   * to stay away, unless `force` says that something has changed, such as who is signed in.
   */
  reconnect({ force = false }: { readonly force?: boolean } = {}): void {
    this.#lifeline.reconnect(force)
  }

  close(): void {
    this.#lifeline.close()
  }

  async #enter(room: string): Promise<JoinOk> {
    const { link } = this.#lifeline
    try {
      let isMoved = false
      const ok = await this.#lifeline.ask<JoinOk>('join', this.#memberships.item(room), (ok) => {
        isMoved = link !== this.#lifeline.link
        if (!isMoved) this.#memberships.joined(room, ok)
      })
      // The answer came from a node that the connection has left meanwhile.
      return isMoved ? await this.#enter(room) : ok
    } catch (error) {
      // After a lost connection the room stays wanted: the reconnect asks again.
      if (!(error instanceof RequestError) || error.code === 'disconnected') throw error
      this.#memberships.forget(room)
      this.#memberships.audience.tell(room, undefined, 'onLeft', error.code)
      throw error
    }
  }

  #opened(ok: ConnectOk, isReconnect: boolean): void {
    this.#memberships.leaveLink()
    this.#rejoin.start()
    const { link } = this.#lifeline
    this.#events.emit('open', { ...ok, isReconnect })
    // A listener may have closed it.
    if (link === this.#lifeline.link) this.#memberships.give(ok.rooms ?? [])
  }

  #onPush(push: Push): void {
    switch (push.event) {
      case 'message': {
        if (push.room !== undefined) return this.#memberships.message(push)
        const { data, from } = withBytes(push)
        return this.#events.emit('message', from === undefined ? { data } : { data, from })
      }
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
        this.#lifeline.planHandover(push.reconnectAfterMs)
        return this.#events.emit('drain', push)
      case 'notice':
        return this.#events.emit('notice', push)
      case 'error':
        return this.#events.emit('error', push)
      case 'disconnect':
      case 'connected':
    }
  }

  #leftRoom(room: string, reason: string): void {
    this.#memberships.left(room, reason)
    this.#events.emit('left', { room, reason })
  }

  #copy(frame: { readonly room: string; readonly data: unknown; readonly key: string }): unknown {
    const { codec } = this.#options
    // Without a codec bytes travel as base64, and are the same bytes at the other end.
    return codec === undefined ? JSON.parse(JSON.stringify(spelled(frame))) : codec.decode(codec.encode(frame))
  }
}
