import type { ConnectData, ConnectOk, JoinOk, Position, Right } from '@gatehouse/protocol'
import { BusFaults, type FaultPlan } from '../../infra/memory/bus-faults.js'
import { MemoryBus } from '../../infra/memory/memory-bus.js'
import { MemoryHistory } from '../../infra/memory/memory-history.js'
import { MemoryLimits } from '../../infra/memory/memory-limits.js'
import { MemorySessions } from '../../infra/memory/memory-sessions.js'
import { MemoryStreams } from '../../infra/memory/memory-streams.js'
import { MsgpackCodec } from '../../infra/msgpack/msgpack-codec.js'
import type { Answer } from '../replies/answer.js'
import type { Connection } from '../connections/connection.js'
import type { EncodingName } from '../encoding/encoding.js'
import { Hub } from '../hub.js'
import type { Joined } from '../rooms/joined.js'
import { defaultHubSettings, type HubSettings } from '../ports/hub-settings.js'
import { type OpeningFacts } from '../connections/opening-facts.js'
import type { VerifiedToken } from '../ports/token-verifier.js'
import { FakeBans, FakeRecords, FakeRoomStates } from './fake-ports.js'
import { FakeSocket } from './fake-socket.js'
import { ManualClock } from './manual-clock.js'
import { SeededRandom } from './seeded-random.js'

export const allRights: readonly Right[] = ['join', 'publish', 'presence', 'history']

/** A client of a test hub: its connection and the socket that the test plays. */
export interface TestClient {
  readonly c: Connection
  readonly socket: FakeSocket
}

export interface TestHubOptions {
  readonly settings?: Partial<HubSettings>
  readonly faults?: Omit<FaultPlan, 'random'>
  readonly seed?: number
  /** All histories together. */
  readonly historyBytes?: number
  /** Tasks that are due at one moment, or wait for one turn's end, run in any order. */
  readonly anyOrder?: boolean
  /** Changes the ports before there is a hub. */
  readonly plant?: (t: TestHub) => void
}

/** A hub over memory ports, with hand-moved time, for unit tests of the core and of its edges. */
export class TestHub {
  readonly clock: ManualClock
  readonly random: SeededRandom
  readonly streams: MemoryStreams
  readonly bus: MemoryBus
  readonly history: MemoryHistory
  readonly sessions: MemorySessions
  readonly limits: MemoryLimits
  readonly bans = new FakeBans()
  readonly roomStates = new FakeRoomStates()
  readonly records = new FakeRecords()
  readonly hub: Hub
  readonly isLate: boolean
  #opened = 0

  constructor(options: TestHubOptions = {}) {
    const { faults, seed = 1 } = options
    this.random = new SeededRandom(seed)
    this.clock = new ManualClock(undefined, options.anyOrder === true ? new SeededRandom(~seed) : null)
    this.isLate = faults !== undefined && (faults.late || faults.reorder)
    const busFaults = faults === undefined ? null : new BusFaults({ ...faults, random: this.random }, this.clock)
    this.streams = new MemoryStreams(this.clock, this.random, options.historyBytes)
    this.bus = new MemoryBus(this.streams, busFaults)
    this.history = new MemoryHistory(this.streams, busFaults)
    this.sessions = new MemorySessions(this.clock, this.random, this.isLate ? 20 : 0)
    this.limits = new MemoryLimits(this.clock)
    const codec = new MsgpackCodec()
    const { clock, random, bus, history, sessions, limits, bans, roomStates, records } = this
    options.plant?.(this)
    this.hub = new Hub(
      { clock, random, bus, history, sessions, limits, bans, roomStates, records, codec },
      { ...defaultHubSettings, nodeId: 'node-1', ...options.settings },
    )
  }

  /** Lets everything that is under way complete. */
  settle(): void {
    this.clock.advance(this.isLate ? 50 : 0)
    this.clock.settle()
  }

  token(
    subject: string,
    rooms: Record<string, readonly Right[]> = { '**': allRights },
    ttlMs = 3_600_000,
  ): VerifiedToken {
    return {
      subject,
      rooms: new Map(Object.entries(rooms)),
      expiresAt: this.clock.wallMs() + ttlMs,
      issuedAt: this.clock.wallMs(),
      issuer: null,
      tokenId: null,
    }
  }

  /** Opens a socket, authenticated where `facts` hold a token. A closing socket ends at once and cleanly. */
  open(facts: Partial<OpeningFacts> = {}, socket = new FakeSocket()): TestClient {
    this.#opened += 1
    const c = this.hub.open(socket, {
      id: `c${this.#opened}`,
      address: '192.0.2.1',
      addressGroup: null,
      userAgent: null,
      origin: null,
      isTls: false,
      ...facts,
    })
    socket.onPing = () => this.hub.ponged(c)
    socket.onClose = () =>
      this.hub.closer.socketClosed(c, { code: socket.closed?.code ?? 1005, text: '', hadCloseFrame: true })
    socket.onTerminate = () => this.hub.closer.socketClosed(c, { code: 1006, text: '', hadCloseFrame: false })
    return { c, socket }
  }

  authenticate(client: TestClient, token: VerifiedToken, data: ConnectData = {}): Answer<ConnectOk> {
    return this.await((done) => this.hub.authenticator.authenticate(client.c, { ok: true, token }, data, done))
  }

  /** A client that has said `connect`. */
  client(
    subject = 'alice',
    rooms?: Record<string, readonly Right[]>,
    socket = new FakeSocket(),
    encoding: EncodingName = 'json',
  ): TestClient {
    const client = this.open({ encoding }, socket)
    const answer = this.authenticate(client, this.token(subject, rooms))
    if (answer.error !== undefined) throw new Error(`connect failed: ${answer.error.code}`)
    return client
  }

  join({ c }: TestClient, room: string, since?: Position): Answer<JoinOk> {
    const answer = this.await<Answer<Joined>>((done) =>
      this.hub.joiner.join(c, since === undefined ? { room } : { room, since }, done),
    )
    return answer.ok === undefined ? answer : { ok: answer.ok.toJSON() }
  }

  leave({ c }: TestClient, room: string): Answer<Record<string, never>> {
    return this.hub.memberships.leave(c, room)
  }

  /** Runs a call and returns what its callback was given; throws unless that was called exactly once. */
  await<T>(call: (done: (value: T) => void) => void): T {
    const values: T[] = []
    call((value) => values.push(value))
    if (values.length === 0) this.settle()
    if (values.length !== 1) throw new Error(`done was called ${values.length} times, expected once`)
    return values[0] as T
  }
}
