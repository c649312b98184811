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
import type { Answer } from './replies/answer.js'
import { Authenticator } from './identity/authenticator.js'
import { Books } from './books/books.js'
import { Closer, type DisconnectOptions, type SocketEnd } from './connections/closer.js'
import { Connection } from './connections/connection.js'
import { DirectMessages, type DirectMessage } from './connections/direct-messages.js'
import { Floors } from './rooms/floors.js'
import type { Grant } from './rights/grant.js'
import { Grants } from './rights/grants.js'
import type { HubPorts, HubSettings, OpeningFacts } from './ports/hub-settings.js'
import type { HistoryOk } from './rooms/history-reader.js'
import { JoinedMany, type Joined } from './rooms/joined.js'
import { Joiner } from './rooms/joiner.js'
import { jsonEncoding } from './encoding/json-encoding.js'
import { Limiter } from './limits/limiter.js'
import { MsgpackEncoding } from './encoding/msgpack-encoding.js'
import { OwnRooms } from './identity/own-rooms.js'
import type { OutboxSurroundings } from './delivery/outbox.js'
import type { BanHit } from './ports/ban-list.js'
import type { HistoryHeld } from './ports/history.js'
import type { ClosedRoom } from './ports/room-state.js'
import type { Socket } from './ports/socket.js'
import type { TokenVerdict } from './ports/token-verifier.js'
import { PresenceReader } from './presence/presence-reader.js'
import { Publisher, type ServerMessage, type ServerPublishOutcome } from './rooms/publisher.js'
import { Receipts } from './receipts/receipts.js'
import { Registry } from './connections/registry.js'
import { Replier } from './connections/replier.js'
import type { Room } from './rooms/room.js'
import { RoomDirectory } from './rooms/room-directory.js'
import { RoomPolicy } from './rights/room-policy.js'
import { RoomStreams, type ClearedStream } from './rooms/room-streams.js'
import { Superseding } from './connections/superseding.js'
import { Sweep } from './connections/sweep.js'

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
  readonly books = new Books()
  readonly connections: ReadonlyMap<string, Connection>
  readonly rooms: ReadonlyMap<string, Room>
  readonly policy: RoomPolicy
  private readonly registry = new Registry()
  private readonly directory: RoomDirectory
  private readonly streams: RoomStreams
  private readonly grants: Grants
  private readonly closer: Closer
  private readonly replier: Replier
  private readonly limiter: Limiter
  private readonly joiner: Joiner
  private readonly presences: PresenceReader
  private readonly publisher: Publisher
  private readonly receipts: Receipts
  private readonly authenticator: Authenticator
  private readonly direct: DirectMessages
  private readonly sweep: Sweep
  private readonly around: OutboxSurroundings
  private readonly msgpack: MsgpackEncoding

  constructor(
    readonly ports: HubPorts,
    readonly settings: HubSettings,
  ) {
    const { clock } = ports
    const { books, registry } = this
    this.msgpack = new MsgpackEncoding(ports.codec)
    this.policy = ports.policy ?? new RoomPolicy(settings.roomTypes)
    for (const { pattern } of settings.roomTypes) books.ofType(pattern)
    this.directory = new RoomDirectory(ports.bus, clock, this.policy, registry, books, settings.maxRooms)
    this.connections = registry.connections
    this.rooms = this.directory.rooms
    this.streams = new RoomStreams(ports, this.policy, this.directory)
    this.grants = new Grants(this.policy)
    const floors = new Floors()
    this.closer = new Closer(ports, settings, books, registry, this.directory, floors)
    this.replier = new Replier(clock, books, this.closer)
    this.limiter = new Limiter(clock, ports.limits, settings, books, this.closer)
    const superseding = new Superseding(clock, registry, this.closer, ports.sessions)
    this.receipts = new Receipts(clock, books, this.policy, this.replier)
    const { policy, grants, directory, limiter, closer, replier, receipts } = this
    this.joiner = new Joiner(
      ports,
      settings,
      books,
      policy,
      grants,
      directory,
      limiter,
      closer,
      superseding,
      floors,
      receipts,
      this.streams,
    )
    this.direct = new DirectMessages(clock, registry)
    this.presences = new PresenceReader(policy, directory, this.joiner)
    this.publisher = new Publisher(ports, books, policy, grants, directory, replier, settings.maxFrameBytes)
    const own = new OwnRooms(clock, policy, this.joiner)
    this.authenticator = new Authenticator(ports, settings, registry, closer, replier, this.joiner, superseding, own)
    this.sweep = new Sweep(
      ports,
      settings,
      books,
      registry,
      directory,
      closer,
      replier,
      limiter,
      this.joiner,
      superseding,
      floors,
    )
    this.around = {
      books,
      clock,
      watch: closer,
      softBytes: settings.outboxSoftBytes > 0 ? settings.outboxSoftBytes : Infinity,
      hardBytes: settings.outboxHardBytes > 0 ? settings.outboxHardBytes : Infinity,
    }
  }

  /** A handshake completed: counts the attempt and the connection. Call right after the 101 was written. */
  open(socket: Socket, facts: OpeningFacts): Connection {
    const { clock, random } = this.ports
    const nowMs = clock.nowMs()
    const encoding = facts.encoding === 'msgpack' ? this.msgpack : jsonEncoding
    const c = new Connection(socket, facts, clock.wallMs(), nowMs, this.around, encoding)
    c.pingDueMs = this.sweep.firstPingAtMs(nowMs)
    const { maxLifetimeMs } = this.settings
    if (maxLifetimeMs > 0) c.lifetimeEndsMs = nowMs + maxLifetimeMs * (0.9 + random.number() / 10)
    this.registry.add(c)
    this.books.countOpened()
    if (facts.token !== undefined) this.authenticator.welcome(c, facts.token)
    return c
  }

  /** Anything arrived, be it a pong or half a frame: the connection lives. */
  heard(c: Connection): void {
    c.heardAtMs = this.ports.clock.nowMs()
  }

  /** A whole message arrived, `bytes` long. */
  received(c: Connection, bytes: number, isBinary = false): void {
    const nowMs = this.ports.clock.nowMs()
    c.heardAtMs = nowMs
    c.frameAtMs = nowMs
    c.messagesIn += 1
    c.bytesIn += bytes
    this.books.messagesIn += 1
    this.books.bytesIn += bytes
    if (isBinary) {
      this.books.binary.messagesIn += 1
      this.books.binary.bytesIn += bytes
    }
  }

  /** A WebSocket pong arrived. */
  ponged(c: Connection): void {
    const nowMs = this.ports.clock.nowMs()
    c.heardAtMs = nowMs
    if (c.pingSentMs === 0) return
    c.rttMs = Math.round((nowMs - c.pingSentMs) * 10) / 10
    c.pingSentMs = 0
    this.books.rttMs.observe(c.rttMs)
  }

  /** Stops and resumes reading while the connection's frames wait for an earlier one. */
  hold(c: Connection): void {
    this.limiter.hold(c)
  }

  release(c: Connection): void {
    this.limiter.release(c)
  }

  /** The `connect` frame; a null verdict when it held no token. A failure answers and then closes. */
  authenticate(
    c: Connection,
    verdict: TokenVerdict | null,
    data: ConnectData,
    done: (answer: Answer<ConnectOk>) => void,
  ): void {
    this.authenticator.authenticate(c, verdict, data, done)
  }

  refresh(c: Connection, verdict: TokenVerdict, done: (answer: Answer<{ expiresAt: number }>) => void): void {
    this.authenticator.refresh(c, verdict, done)
  }

  /** Joins one room; limits refused joins by itself. */
  join(c: Connection, item: JoinItem, done: (answer: Answer<Joined>) => void): void {
    this.joiner.join(c, [item], ([result]) => {
      if (result !== undefined) done(result.ok === undefined ? { error: result.error } : { ok: result.ok })
    })
  }

  /** Joins many rooms and answers once all are decided, in the order asked. */
  joinMany(c: Connection, items: readonly JoinItem[], done: (answer: Answer<JoinedMany>) => void): void {
    this.joiner.join(c, items, (results) => done({ ok: new JoinedMany(results) }))
  }

  leave(c: Connection, room: string, done: (answer: Answer<Record<string, never>>) => void): void {
    this.joiner.leave(c, room, done)
  }

  presence(c: Connection, room: string, done: (answer: Answer<PresenceOk>) => void): void {
    this.presences.read(c, room, done)
  }

  history(c: Connection, query: HistoryData, done: (answer: Answer<HistoryOk>) => void): void {
    this.joiner.history(c, query, done)
  }

  /** How much is kept of a room; null when that could not be had. */
  measureHistory(room: string, done: (held: HistoryHeld | null) => void): void {
    this.ports.history.measure(room, done)
  }

  /** Decides from the token, stores the decision on the connection (the newest 128) and answers it. */
  grant(c: Connection, room: string): Grant {
    return this.grants.of(c, room)
  }

  /** What was decided before for this room, if it was. */
  storedGrant(c: Connection, room: string): Grant | undefined {
    return this.grants.stored(c, room)
  }

  /** Publishes and answers by itself, after the message was sent out. Takes nothing from the rate: `takeRate` first. */
  publish(c: Connection, data: PublishData, id: number | undefined): void {
    this.publisher.publish(c, data, id)
  }

  /** A member confirms what it received; answers by itself. Takes nothing from the rate: `takeRate` first. */
  ack(c: Connection, data: AckData, id: number | undefined): void {
    this.receipts.ack(c, data, id)
  }

  ping(c: Connection, id: number | undefined): void {
    if (id !== undefined) this.replier.reply(c, id, {})
  }

  /** Takes from the buckets of connection, user and address: 0 to go on, else the milliseconds to wait. */
  takeRate(c: Connection, cost: number): number {
    return this.limiter.take(c, cost)
  }

  /** The same for the bytes of one frame, before it is served. */
  takeBytes(c: Connection, bytes: number): number {
    return this.limiter.takeBytes(c, bytes)
  }

  reply(c: Connection, id: number, ok: unknown): void {
    this.replier.reply(c, id, ok)
  }

  /** Answers a failed frame, by its id or by an `error` push; ten wrong frames in a minute close. */
  replyError(c: Connection, id: number | undefined, error: ReplyError): void {
    this.replier.fail(c, id, error)
  }

  /** Disconnect push, flush, close frame, close timeout, cut. The first reason stands; `done` comes at the very end. */
  disconnect(c: Connection, reason: CloseReason, evidence: CloseEvidence, options?: DisconnectOptions): void {
    this.closer.disconnect(c, reason, evidence, options)
  }

  /** The socket is gone. The edge calls this once for each connection. */
  socketClosed(c: Connection, how: SocketEnd): void {
    this.closer.socketClosed(c, how)
  }

  protocolFault(c: Connection, reason: ProtocolFault, evidence: CloseEvidence): void {
    this.closer.disconnect(c, reason, evidence)
  }

  publishFromServer(room: string, message: ServerMessage, done: (outcome: ServerPublishOutcome) => void): void {
    this.publisher.publishFromServer(room, message, done)
  }

  /** Sends an unnumbered message to a user's connections; answers how many. */
  sendToUser(user: string, message: DirectMessage): number {
    return this.direct.toUser(user, message)
  }

  /** Sends an unnumbered message to one connection: 1, or 0 where it takes none now; undefined where it is not open. */
  sendToConnection(id: string, message: DirectMessage): 0 | 1 | undefined {
    return this.direct.toConnection(id, message)
  }

  /** A page of a room's history for a service, whatever clients may read. */
  readHistory(query: HistoryData, done: (answer: Answer<HistoryOk>) => void): void {
    this.streams.page(query, null, done)
  }

  /** Forgets what is kept of a room and starts a new epoch; members stay. */
  clearRoom(room: string, done: (answer: Answer<ClearedStream>) => void): void {
    this.streams.clear(room, done)
  }

  /** The room was closed (the room states say so already): its members are told and out. */
  closeRoom(room: string, closed: ClosedRoom): void {
    this.joiner.closeRoom(room, closed)
  }

  reopenRoom(room: string): void {
    this.joiner.reopenRoom(room)
  }

  push(c: Connection, push: Push): void {
    this.replier.push(c, push)
  }

  /** Disconnects all that match as banned; answers how many. */
  banned(hit: BanHit, match: (c: Connection) => boolean): number {
    const evidence: CloseEvidence = {
      ban: hit.id,
      ...(hit.expiresAt === null ? {} : { expiresAt: hit.expiresAt }),
      ...(hit.message === null ? {} : { message: hit.message }),
    }
    const hits = this.registry.list.filter((c) => c.closing === null && match(c))
    for (const c of hits) this.closer.disconnect(c, 'banned', evidence)
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
    this.sweep.stop()
  }
}
