import type {
  AckData,
  CloseEvidence,
  CloseReason,
  ConnectData,
  ConnectOk,
  HistoryData,
  JoinItem,
  PresenceOk,
  PublishData,
  Push,
  ReplyError,
} from '@gatehouse/protocol'
import type { Books } from './books/books.js'
import type { DisconnectOptions, SocketEnd } from './connections/closer.js'
import { Connection } from './connections/connection.js'
import type { DirectMessage } from './connections/direct-messages.js'
import type { OpeningFacts } from './connections/opening-facts.js'
import type { Registry } from './connections/registry.js'
import type { OutboxSurroundings } from './delivery/outbox.js'
import { jsonEncoding } from './encoding/json-encoding.js'
import { MsgpackEncoding } from './encoding/msgpack-encoding.js'
import { buildHubParts, type HubParts } from './hub-parts.js'
import type { BanHit } from './ports/ban-list.js'
import type { HistoryHeld } from './ports/history.js'
import type { HubPorts } from './ports/hub-ports.js'
import type { HubSettings } from './ports/hub-settings.js'
import type { ClosedRoom } from './ports/room-state.js'
import type { Socket } from './ports/socket.js'
import type { TokenVerdict } from './ports/token-verifier.js'
import type { Answer } from './replies/answer.js'
import type { Grant } from './rights/grant.js'
import { RoomPolicy } from './rights/room-policy.js'
import type { HistoryOk } from './rooms/history-reader.js'
import { JoinedMany, type Joined } from './rooms/joined.js'
import type { ServerMessage, ServerPublishOutcome } from './rooms/publisher.js'
import type { ClearedStream } from './rooms/room-streams.js'
import type { Room } from './rooms/room.js'

/** Faults of the WebSocket protocol itself, found by the edge. */
export type ProtocolFault =
  | 'protocol_error'
  | 'invalid_payload'
  | 'message_too_big'
  | 'unfinished_message'
  | 'policy_violation'
  | 'unsupported_data'

/** How much is open at the moment. */
export interface HubLevels {
  readonly open: number
  readonly authenticating: number
  /** Distinct users. */
  readonly users: number
  readonly rooms: number
  readonly memberships: number
  readonly queuedBytes: number
  /** Connections over the soft limit of their outbox. */
  readonly slow: number
}

/** All connections and rooms of this process. Each `done` is called exactly once, in this turn or turns later. */
export class Hub {
  readonly books: Books
  readonly registry: Registry
  readonly connections: ReadonlyMap<string, Connection>
  readonly rooms: ReadonlyMap<string, Room>
  readonly #parts: HubParts
  readonly #around: OutboxSurroundings<Connection>
  readonly #msgpack: MsgpackEncoding

  /** @param policy which rooms exist and who may do what in them; left out: the settings' room types and the tokens */
  constructor(
    readonly ports: HubPorts,
    readonly settings: HubSettings,
    readonly policy = new RoomPolicy(settings.roomTypes),
  ) {
    const parts = buildHubParts(ports, settings, policy)
    this.#parts = parts
    this.books = parts.books
    this.registry = parts.registry
    this.connections = parts.registry.connections
    this.rooms = parts.rooms.rooms
    this.#msgpack = new MsgpackEncoding(ports.codec)
    this.#around = {
      books: parts.books,
      clock: ports.clock,
      watch: parts.closer,
      softBytes: settings.outboxSoftBytes > 0 ? settings.outboxSoftBytes : Infinity,
      hardBytes: settings.outboxHardBytes > 0 ? settings.outboxHardBytes : Infinity,
    }
  }

  /** A handshake completed: counts the attempt and the connection. Call right after the 101 was written. */
  open(socket: Socket, facts: OpeningFacts): Connection {
    const { clock, random } = this.ports
    const openedAtMs = clock.nowMs()
    const firstPingAtMs = this.#parts.sweep.firstPingAtMs(openedAtMs)
    const { maxLifetimeMs } = this.settings
    const endsAtMs = maxLifetimeMs > 0 ? openedAtMs + maxLifetimeMs * (0.9 + random.number() / 10) : 0
    const plan = { openedAtMs, firstPingAtMs, endsAtMs }
    const encoding = facts.encoding === 'msgpack' ? this.#msgpack : jsonEncoding
    const c = new Connection(socket, facts, clock.wallMs(), plan, this.#around, encoding)
    this.registry.add(c)
    this.books.countOpened()
    if (facts.token !== undefined) this.#parts.authenticator.welcome(c, facts.token)
    return c
  }

  /** Anything arrived, be it a pong or half a frame: the connection lives. */
  heard(c: Connection): void {
    c.health.heard(this.ports.clock.nowMs())
  }

  /** A whole message arrived, `bytes` long. */
  received(c: Connection, bytes: number, isBinary = false): void {
    const { books } = this
    c.health.received(this.ports.clock.nowMs(), bytes)
    books.messagesIn += 1
    books.bytesIn += bytes
    if (isBinary) {
      books.binary.messagesIn += 1
      books.binary.bytesIn += bytes
    }
  }

  /** A WebSocket pong arrived. */
  ponged(c: Connection): void {
    const rttMs = c.health.ponged(this.ports.clock.nowMs())
    if (rttMs !== null) this.books.rttMs.observe(rttMs)
  }

  /** Stops and resumes reading while the connection's frames wait for an earlier one. */
  hold(c: Connection): void {
    c.hold()
  }

  release(c: Connection): void {
    c.release()
  }

  /** The `connect` frame; a null verdict when it held no token. A failure answers and then closes. */
  authenticate(
    c: Connection,
    verdict: TokenVerdict | null,
    data: ConnectData,
    done: (answer: Answer<ConnectOk>) => void,
  ): void {
    this.#parts.authenticator.authenticate(c, verdict, data, done)
  }

  refresh(c: Connection, verdict: TokenVerdict, done: (answer: Answer<{ expiresAt: number }>) => void): void {
    this.#parts.authenticator.refresh(c, verdict, done)
  }

  /** Joins one room; limits refused joins by itself. */
  join(c: Connection, item: JoinItem, done: (answer: Answer<Joined>) => void): void {
    this.#parts.joiner.join(c, [item], ([result]) => {
      if (result !== undefined) done(result.ok === undefined ? { error: result.error } : { ok: result.ok })
    })
  }

  /** Joins many rooms and answers once all are decided, in the order asked. */
  joinMany(c: Connection, items: readonly JoinItem[], done: (answer: Answer<JoinedMany>) => void): void {
    this.#parts.joiner.join(c, items, (results) => done({ ok: new JoinedMany(results) }))
  }

  leave(c: Connection, room: string, done: (answer: Answer<Record<string, never>>) => void): void {
    done(this.#parts.memberships.leave(c, room))
  }

  presence(c: Connection, room: string, done: (answer: Answer<PresenceOk>) => void): void {
    done(this.#parts.reader.presence(c, room))
  }

  history(c: Connection, query: HistoryData, done: (answer: Answer<HistoryOk>) => void): void {
    this.#parts.reader.history(c, query, done)
  }

  /** How much is kept of a room; null when that could not be had. */
  measureHistory(room: string, done: (held: HistoryHeld | null) => void): void {
    this.#parts.streams.measure(room, done)
  }

  /** Decides from the token, stores the decision on the connection (the newest 128) and answers it. */
  grant(c: Connection, room: string): Grant {
    return this.#parts.grants.of(c, room)
  }

  /** What was decided before for this room, if it was. */
  storedGrant(c: Connection, room: string): Grant | undefined {
    return c.grantIn(room)
  }

  /** Publishes and answers by itself, after the message was sent out. Takes nothing from the rate: `takeRate` first. */
  publish(c: Connection, data: PublishData, id: number | undefined): void {
    this.#parts.publisher.publish(c, data, id)
  }

  /** A member confirms what it received; answers by itself. Takes nothing from the rate: `takeRate` first. */
  ack(c: Connection, data: AckData, id: number | undefined): void {
    this.#parts.receipts.ack(c, data, id)
  }

  ping(c: Connection, id: number | undefined): void {
    if (id !== undefined) this.#parts.replier.reply(c, id, {})
  }

  /** Takes from the buckets of connection, user and address: 0 to go on, else the milliseconds to wait. */
  takeRate(c: Connection, cost: number): number {
    return this.#parts.limiter.take(c, cost)
  }

  /** The same for the bytes of one frame, before it is served. */
  takeBytes(c: Connection, bytes: number): number {
    return this.#parts.limiter.takeBytes(c, bytes)
  }

  reply(c: Connection, id: number, ok: unknown): void {
    this.#parts.replier.reply(c, id, ok)
  }

  /** Answers a failed frame, by its id or by an `error` push; ten wrong frames in a minute close. */
  replyError(c: Connection, id: number | undefined, error: ReplyError): void {
    this.#parts.replier.fail(c, id, error)
  }

  /** Disconnect push, flush, close frame, close timeout, cut. The first reason stands; `done` comes at the very end. */
  disconnect(c: Connection, reason: CloseReason, evidence: CloseEvidence, options?: DisconnectOptions): void {
    this.#parts.closer.disconnect(c, reason, evidence, options)
  }

  /** The socket is gone. The edge calls this once for each connection. */
  socketClosed(c: Connection, how: SocketEnd): void {
    this.#parts.closer.socketClosed(c, how)
  }

  protocolFault(c: Connection, reason: ProtocolFault, evidence: CloseEvidence): void {
    this.#parts.closer.disconnect(c, reason, evidence)
  }

  publishFromServer(room: string, message: ServerMessage, done: (outcome: ServerPublishOutcome) => void): void {
    this.#parts.publisher.publishFromServer(room, message, done)
  }

  /** Sends an unnumbered message to a user's connections; answers how many. */
  sendToUser(user: string, message: DirectMessage): number {
    return this.#parts.direct.toUser(user, message)
  }

  /** Sends an unnumbered message to one connection: 1, or 0 where it takes none now; undefined where it is not open. */
  sendToConnection(id: string, message: DirectMessage): 0 | 1 | undefined {
    return this.#parts.direct.toConnection(id, message)
  }

  /** A page of a room's history for a service, whatever clients may read. */
  readHistory(query: HistoryData, done: (answer: Answer<HistoryOk>) => void): void {
    this.#parts.reader.historyForServer(query, done)
  }

  /** Forgets what is kept of a room and starts a new epoch; members stay. */
  clearRoom(room: string, done: (answer: Answer<ClearedStream>) => void): void {
    this.#parts.streams.clear(room, done)
  }

  /** The room was closed (the room states say so already): its members are told and out. */
  closeRoom(room: string, closed: ClosedRoom): void {
    this.#parts.roomClosing.close(room, closed)
  }

  reopenRoom(room: string): void {
    this.#parts.roomClosing.reopen(room)
  }

  push(c: Connection, push: Push): void {
    this.#parts.replier.push(c, push)
  }

  /** Disconnects all that match as banned; answers how many. */
  banned(hit: BanHit, match: (c: Connection) => boolean): number {
    const evidence: CloseEvidence = {
      ban: hit.id,
      ...(hit.expiresAt === null ? {} : { expiresAt: hit.expiresAt }),
      ...(hit.message === null ? {} : { message: hit.message }),
    }
    const hits = this.registry.list.filter((c) => c.closing === null && match(c))
    for (const c of hits) this.#parts.closer.disconnect(c, 'banned', evidence)
    return hits.length
  }

  /** The user's connections as its cap counts them: the old and the new one of a session are one. */
  countOfUser(user: string): number {
    return this.registry.countOfUser(user)
  }

  countOfAddress(addressGroup: string): number {
    return this.registry.countOfAddress(addressGroup)
  }

  levels(): HubLevels {
    const { registry } = this
    return {
      open: registry.list.length,
      authenticating: registry.authenticating,
      users: registry.users,
      rooms: this.rooms.size,
      memberships: registry.memberships,
      queuedBytes: this.books.queuedBytes,
      slow: registry.slow,
    }
  }

  /** Ends the sweep; connections stay as they are. */
  stop(): void {
    this.#parts.sweep.stop()
  }
}
