import { Connection } from './connections/connection.js'
import type { OpeningFacts } from './connections/opening-facts.js'
import type { OutboxSurroundings } from './delivery/outbox.js'
import { jsonEncoding } from './encoding/json-encoding.js'
import { MsgpackEncoding } from './encoding/msgpack-encoding.js'
import { buildHubParts, type HubParts } from './hub-parts.js'
import type { HubPorts } from './ports/hub-ports.js'
import type { HubSettings } from './ports/hub-settings.js'
import type { Socket } from './ports/socket.js'
import { RoomPolicy } from './rights/room-policy.js'
import type { Room } from './rooms/room.js'

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

/**
 * All connections and rooms of this process, and the parts that act on them. Callers use the parts by name. Each `done`
 * that a part takes is called exactly once, in this turn or a later one.
 */
export class Hub {
  readonly books: HubParts['books']
  readonly registry: HubParts['registry']
  readonly authenticator: HubParts['authenticator']
  readonly closer: HubParts['closer']
  readonly direct: HubParts['direct']
  readonly grants: HubParts['grants']
  readonly joiner: HubParts['joiner']
  readonly limiter: HubParts['limiter']
  readonly memberships: HubParts['memberships']
  readonly publisher: HubParts['publisher']
  readonly reader: HubParts['reader']
  readonly receipts: HubParts['receipts']
  readonly replier: HubParts['replier']
  readonly roomClosing: HubParts['roomClosing']
  readonly streams: HubParts['streams']
  readonly connections: ReadonlyMap<string, Connection>
  readonly rooms: ReadonlyMap<string, Room>
  readonly #sweep: HubParts['sweep']
  readonly #around: OutboxSurroundings<Connection>
  readonly #msgpack: MsgpackEncoding

  /** @param policy which rooms exist and who may do what in them; by default from the room types and the tokens */
  constructor(
    readonly ports: HubPorts,
    readonly settings: HubSettings,
    readonly policy = new RoomPolicy(settings.roomTypes),
  ) {
    const parts = buildHubParts(ports, settings, policy)
    this.books = parts.books
    this.registry = parts.registry
    this.authenticator = parts.authenticator
    this.closer = parts.closer
    this.direct = parts.direct
    this.grants = parts.grants
    this.joiner = parts.joiner
    this.limiter = parts.limiter
    this.memberships = parts.memberships
    this.publisher = parts.publisher
    this.reader = parts.reader
    this.receipts = parts.receipts
    this.replier = parts.replier
    this.roomClosing = parts.roomClosing
    this.streams = parts.streams
    this.connections = parts.registry.connections
    this.rooms = parts.rooms.rooms
    this.#sweep = parts.sweep
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
    const firstPingAtMs = this.#sweep.firstPingAtMs(openedAtMs)
    const { maxLifetimeMs } = this.settings
    const endsAtMs = maxLifetimeMs > 0 ? openedAtMs + maxLifetimeMs * (0.9 + random.number() / 10) : 0
    const plan = { openedAtMs, firstPingAtMs, endsAtMs }
    const encoding = facts.encoding === 'msgpack' ? this.#msgpack : jsonEncoding
    const c = new Connection(socket, facts, clock.wallMs(), plan, this.#around, encoding)
    this.registry.add(c)
    this.books.countOpened()
    if (facts.token !== undefined) this.authenticator.welcome(c, facts.token)
    return c
  }

  /** Anything arrived, even a pong or half a frame: the connection is alive. */
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
    this.#sweep.stop()
  }
}
