import type { CloseEvidence, CloseReason, ReplyErrorCode } from '@gatehouse/protocol'
import type { Encoding } from '../encoding/encoding.js'
import type { Grant } from '../rights/grant.js'
import type { OpeningFacts } from '../ports/hub-settings.js'
import type { Inflow } from '../limits/inflow.js'
import type { Membership } from '../rooms/membership.js'
import { Outbox, type OutboxSurroundings } from '../delivery/outbox.js'
import type { TimelineRecord } from '../ports/record-sink.js'
import type { Socket } from '../ports/socket.js'
import type { VerifiedToken } from '../ports/token-verifier.js'
import { Timeline, type TimelineKind } from './timeline.js'

export type ConnectionState = 'authenticating' | 'open' | 'closing'

/** Who stopped the reading of a socket: the rate limit, or the edge that waits for a control frame. */
export const PAUSED_BY_RATE = 1
export const PAUSED_BY_EDGE = 2

/** How a close goes on, once its reason is decided. */
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
}

export interface CloseOutcome {
  /** The client was cut because it did not answer the close frame in time. */
  readonly forced: boolean
  /** Both sides exchanged close frames. */
  readonly clean: boolean
}

const NO_MEMBERSHIPS: ReadonlyMap<string, Membership> = new Map<string, Membership>()
const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({})

/** One client socket, authenticated or about to be. Plain state; the hub's parts act on it. */
export class Connection {
  readonly id: string
  readonly outbox: Outbox
  state: ConnectionState = 'authenticating'
  isClosed = false
  user: string | null = null
  token: VerifiedToken | null = null
  session: string | null = null
  /** Its session was given to an earlier connection: the client comes back. */
  hasResumed = false
  client: { readonly name: string; readonly version?: string } | null = null
  labels = NO_LABELS
  memberships: ReadonlyMap<string, Membership> = NO_MEMBERSHIPS
  /** Grants stored by the guard, oldest first; null until one is. */
  grants: Map<string, Grant> | null = null
  closing: Closing | null = null

  messagesIn = 0
  bytesIn = 0
  /** Failed answers since it opened. */
  errors = 0
  rttMs: number | null = null
  /** Frames and deliveries a second, mean of the last 5 s. */
  inRate = 0
  outRate = 0
  rateAtMs: number
  rateMessagesIn = 0
  rateWritten = 0

  /** Whether it said `connect` or was told `connected`. */
  hasConnected = false
  /** It was sent the answer to `connect`, or `connected`: messages may follow. */
  isGreeted = false
  /** Counted in the user's cap; false while a newer connection of its session takes over. */
  countsForUser = false
  userKey = ''
  addressKey: string | null
  /** The same for the rate of bytes. */
  userBytesKey = ''
  addressBytesKey: string | null
  successor: string | null = null
  supersedes: Connection | null = null
  supersedeAtMs = 0
  joinsInFlight = 0
  /** Those of them into rooms it is not in yet. */
  roomsInFlight = 0

  /** Who paused the socket, as bits. */
  paused = 0
  /** Monotonic milliseconds. */
  heardAtMs: number
  frameAtMs: number
  authenticatedAtMs = 0
  pingDueMs = 0
  pingSentMs = 0
  lifetimeEndsMs = 0
  /** Place in the registry's list. */
  index = -1

  /** What it sent lately, by the limiter; null until it sends. */
  frameFlow: Inflow | null = null
  byteFlow: Inflow | null = null
  /** Frames refused with their own reply since the rate limit last paused it. */
  repliesInPause = 0
  limitedNotedMs = -Infinity
  pausesAtMs: number[] | null = null
  refusedJoins = 0
  refusedJoinAtMs = 0
  joinBlockedUntilMs = 0
  faultWindowMs = 0
  faults = 0
  errorPushAtMs = -Infinity
  errorsUntold = 0
  errorUntold: { readonly code: ReplyErrorCode; readonly message: string } | null = null

  private events: Timeline | null = null

  constructor(
    readonly socket: Socket,
    /** What the edge knew when it opened. */
    readonly openedBy: OpeningFacts,
    /** Milliseconds since 1970. */
    readonly connectedAtMs: number,
    /** The same moment, monotonic. */
    readonly openedAtMs: number,
    around: OutboxSurroundings,
    /** How its frames are written and read. */
    readonly encoding: Encoding,
  ) {
    this.id = openedBy.id
    this.outbox = new Outbox(this, socket, around)
    this.heardAtMs = openedAtMs
    this.frameAtMs = openedAtMs
    this.rateAtMs = openedAtMs
    this.addressKey = openedBy.addressGroup === null ? null : `address:${openedBy.addressGroup}`
    this.addressBytesKey = this.addressKey === null ? null : `bytes:${this.addressKey}`
  }

  /** Over the soft limit of its outbox. */
  get isSlow(): boolean {
    return this.outbox.isSlow
  }

  /** Nothing is read from it at the moment, because it sent too fast. */
  get isPaused(): boolean {
    return (this.paused & PAUSED_BY_RATE) !== 0
  }

  get bytesOut(): number {
    return this.outbox.writtenBytes
  }

  /** When anything last arrived, milliseconds since 1970. */
  get lastSeenMs(): number {
    return Math.round(this.connectedAtMs + (this.heardAtMs - this.openedAtMs))
  }

  /** What happened to it, oldest first: its opening and authentication, then the newest 16 events. */
  timeline(): TimelineRecord[] {
    const records: TimelineRecord[] = [{ at: this.connectedAtMs, kind: 'opened', detail: null }]
    if (this.authenticatedAtMs > 0)
      records.push({ at: this.authenticatedAtMs, kind: 'authenticated', detail: this.user })
    return this.events === null ? records : [...records, ...this.events.records()]
  }

  /** Adds a line to the timeline; `atMs` in milliseconds since 1970. */
  note(atMs: number, kind: TimelineKind, detail: string | null): void {
    this.events ??= new Timeline()
    this.events.add(atMs, kind, detail)
  }

  addMembership(membership: Membership): void {
    if (this.memberships === NO_MEMBERSHIPS) this.memberships = new Map()
    ;(this.memberships as Map<string, Membership>).set(membership.room.name, membership)
  }

  removeMembership(room: string): void {
    ;(this.memberships as Map<string, Membership>).delete(room)
    if (this.memberships.size === 0) this.memberships = NO_MEMBERSHIPS
  }
}
