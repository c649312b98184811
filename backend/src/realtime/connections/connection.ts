import type { CloseEvidence, CloseReason } from '@gatehouse/protocol'
import { Outbox, type OutboxSurroundings } from '../delivery/outbox.js'
import type { Encoding } from '../encoding/encoding.js'
import { SenderLimits } from '../limits/sender-limits.js'
import type { TimelineRecord } from '../ports/record-sink.js'
import type { Socket } from '../ports/socket.js'
import type { VerifiedToken } from '../ports/token-verifier.js'
import type { Grant } from '../rights/grant.js'
import type { Membership } from '../rooms/membership.js'
import { ErrorTally } from './error-tally.js'
import { Health, type LifePlan } from './health.js'
import { Identity } from './identity.js'
import type { OpeningFacts } from './opening-facts.js'
import { Timeline, type TimelineKind } from './timeline.js'

export type ConnectionState = 'authenticating' | 'open' | 'closing'

/** Why a socket is not read: its client sent too fast, or the edge waits for a control frame. */
export type PauseCause = 'rate' | 'edge'

const pauseBits: Readonly<Record<PauseCause, number>> = { rate: 1, edge: 2 }

/** Grants one connection keeps besides those of its memberships. */
const MOST_GRANTS = 128

/** How a close goes on, once its reason is decided. Only the closer changes it. */
export interface Closing {
  readonly reason: CloseReason
  readonly evidence: CloseEvidence
  readonly code: number
  readonly rooms: readonly string[]
  readonly pendingBytes: number
  readonly closeTimeoutMs: number
  readonly done: ((outcome: CloseOutcome) => void)[]
  /** Monotonic milliseconds: when flushing ends, when the client must have answered the close frame, when we stop waiting for the cut. */
  flushUntilMs: number
  answerUntilMs: number
  giveUpAtMs: number
  isForced: boolean
  /** The connection is over: nothing of it changes any more. */
  isOver: boolean
}

export interface CloseOutcome {
  /** The client was cut because it did not answer the close frame in time. */
  readonly forced: boolean
  /** Both sides exchanged close frames. */
  readonly clean: boolean
}

/** The state of a connection while two of one session overlap. Only `Superseding` changes it. */
export interface Takeover {
  /** The id of the newer connection of its session; null while the session is its own. */
  successor: string | null
  /** The older connection of its session that it takes over from. */
  supersedes: Connection | null
  /** When it closes in favour of its successor at the latest, monotonic milliseconds. */
  endsAtMs: number
}

const NO_MEMBERSHIPS: ReadonlyMap<string, Membership> = new Map<string, Membership>()

/**
 * One client socket, authenticated or about to be. It holds the state that each part of the hub keeps of a connection.
 * Each part changes only its own; state that most connections never need is created on first use.
 */
export class Connection {
  readonly id: string
  readonly outbox: Outbox<Connection>
  /** Owned by the authenticator. */
  readonly identity: Readonly<Identity> = new Identity()
  /** Owned by the hub and the sweep. */
  readonly health: Readonly<Health>
  /** Index in the registry's list; owned by the registry. */
  index = -1
  /** Keys under which limits count its address: frames, and bytes. Null where no limit per address applies. */
  readonly addressKey: string | null
  readonly addressBytesKey: string | null
  #memberships = NO_MEMBERSHIPS
  #grants: Map<string, Grant> | null = null
  #limits: SenderLimits | null = null
  #takeover: Takeover | null = null
  #errors: ErrorTally | null = null
  #events: Timeline | null = null
  #closing: Closing | null = null
  #paused = 0
  #joinsInFlight = 0
  #roomsInFlight = 0

  constructor(
    readonly socket: Socket,
    /** What the edge knew when it opened. */
    readonly openedBy: OpeningFacts,
    /** Milliseconds since 1970. */
    readonly connectedAtMs: number,
    /** Includes the same moment, monotonic. */
    plan: LifePlan,
    around: OutboxSurroundings<Connection>,
    /** How its frames are written and read. */
    readonly encoding: Encoding,
  ) {
    this.id = openedBy.id
    this.health = new Health(plan)
    this.outbox = new Outbox(this, socket, around)
    this.addressKey = openedBy.addressGroup === null ? null : `address:${openedBy.addressGroup}`
    this.addressBytesKey = this.addressKey === null ? null : `bytes:${this.addressKey}`
  }

  get state(): ConnectionState {
    if (this.#closing !== null) return 'closing'
    return this.identity.user === null ? 'authenticating' : 'open'
  }

  get user(): string | null {
    return this.identity.user
  }

  get token(): VerifiedToken | null {
    return this.identity.token
  }

  get session(): string | null {
    return this.identity.session
  }

  /** The newer connection of its session, by id; null while the session is its own. */
  get successor(): string | null {
    return this.#takeover === null ? null : this.#takeover.successor
  }

  /** The older connection of its session that it takes over from. */
  get supersedes(): Connection | null {
    return this.#takeover === null ? null : this.#takeover.supersedes
  }

  /** Owned by `Superseding`. */
  get takeover(): Takeover {
    return (this.#takeover ??= { successor: null, supersedes: null, endsAtMs: 0 })
  }

  /** Owned by the limiter. */
  get limits(): Readonly<SenderLimits> {
    return (this.#limits ??= new SenderLimits())
  }

  /** Owned by the replier; null until there is an error to tell. */
  get errorTally(): Readonly<ErrorTally> | null {
    return this.#errors
  }

  tallyErrors(): Readonly<ErrorTally> {
    return (this.#errors ??= new ErrorTally())
  }

  /** Over the soft limit of its outbox. */
  get isSlow(): boolean {
    return this.outbox.isSlow
  }

  /** When anything last arrived, milliseconds since 1970. */
  get lastSeenMs(): number {
    const { heardAtMs, openedAtMs } = this.health
    return Math.round(this.connectedAtMs + (heardAtMs - openedAtMs))
  }

  /** Set once its close is decided; null until then. */
  get closing(): Readonly<Closing> | null {
    return this.#closing
  }

  /** It has ended: nothing about it changes any more. */
  get isClosed(): boolean {
    return this.#closing !== null && this.#closing.isOver
  }

  /** For the closer: the close is decided. */
  beginClosing(closing: Closing): void {
    this.#closing = closing
  }

  /** For the closer: it has ended. */
  endClosing(): void {
    if (this.#closing !== null) this.#closing.isOver = true
    if (this.#takeover !== null) this.#takeover.supersedes = null
  }

  /** Nothing is read from it at the moment, because it sent too fast. */
  get isPaused(): boolean {
    return (this.#paused & pauseBits.rate) !== 0
  }

  /** Nothing is read from it at the moment, for any reason. */
  get isUnread(): boolean {
    return this.#paused !== 0
  }

  /** For the limiter and the edge: its socket is not read until every cause was resumed. */
  pause(cause: PauseCause): void {
    const before = this.#paused
    this.#paused |= pauseBits[cause]
    if (before === 0 && this.#closing === null) this.socket.pause()
  }

  resume(cause: PauseCause): void {
    if (this.#paused === 0) return
    this.#paused &= ~pauseBits[cause]
    if (this.#paused !== 0 || this.#closing !== null) return
    // What it sent meanwhile is read now; a ping that went out before is not held against it.
    this.health.forgivePing()
    this.socket.resume()
  }

  get memberships(): ReadonlyMap<string, Membership> {
    return this.#memberships
  }

  addMembership(membership: Membership): void {
    if (this.#memberships === NO_MEMBERSHIPS) this.#memberships = new Map()
    ;(this.#memberships as Map<string, Membership>).set(membership.room.name, membership)
  }

  removeMembership(room: string): void {
    ;(this.#memberships as Map<string, Membership>).delete(room)
    if (this.#memberships.size === 0) this.#memberships = NO_MEMBERSHIPS
  }

  /** Joins under way, and those of them into rooms it is not in yet. */
  get joinsInFlight(): number {
    return this.#joinsInFlight
  }

  get roomsInFlight(): number {
    return this.#roomsInFlight
  }

  beginJoin(isNew: boolean): void {
    this.#joinsInFlight += 1
    if (isNew) this.#roomsInFlight += 1
  }

  endJoin(isNew: boolean): void {
    this.#joinsInFlight -= 1
    if (isNew) this.#roomsInFlight -= 1
  }

  /** The grant decided for a room, by a join or by an earlier publish; undefined: none yet. */
  grantIn(room: string): Grant | undefined {
    return this.#memberships.get(room)?.grant ?? this.#grants?.get(room)
  }

  /** Keeps a grant without a membership; at 128 it replaces the oldest. */
  storeGrant(grant: Grant): void {
    this.#grants ??= new Map()
    if (this.#grants.size >= MOST_GRANTS) {
      const [oldest] = this.#grants.keys()
      if (oldest !== undefined) this.#grants.delete(oldest)
    }
    this.#grants.set(grant.room, grant)
  }

  /** A membership holds the grant from now on. */
  forgetGrant(room: string): void {
    this.#grants?.delete(room)
    if (this.#grants?.size === 0) this.#grants = null
  }

  /** The token changed: the stored grants are void. Memberships keep theirs until they are rechecked. */
  forgetGrants(): void {
    this.#grants = null
  }

  /** What happened to it, oldest first: its opening and authentication, then the newest 16 events. */
  timeline(): TimelineRecord[] {
    const { authenticatedAtMs, user } = this.identity
    const records: TimelineRecord[] = [{ at: this.connectedAtMs, kind: 'opened', detail: null }]
    if (authenticatedAtMs > 0) records.push({ at: authenticatedAtMs, kind: 'authenticated', detail: user })
    return this.#events === null ? records : [...records, ...this.#events.records()]
  }

  /** Adds a line to the timeline; `atMs` in milliseconds since 1970. */
  note(atMs: number, kind: TimelineKind, detail: string | null): void {
    this.#events ??= new Timeline()
    this.#events.add(atMs, kind, detail)
  }
}
