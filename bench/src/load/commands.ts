import type { DialectName } from './dialect.ts'
import type { Quantiles } from './latencies.ts'
import type { CpuTaken, Mark } from './marks.ts'

/** How long to wait for late deliveries after a fan-out. */
export const SETTLE_SECONDS = 8

export interface Target {
  readonly url: string
  readonly pid: number
  readonly dialect: DialectName
  /** Signs the clients' tokens; absent when the server asks for none. */
  readonly secret?: string
}

export interface FanOutOrder {
  readonly kind: 'fanOut'
  readonly target: Target
  readonly rooms: number
  readonly membersEach: number
  /** To all rooms together. */
  readonly messagesPerSecond: number
  /** With 0 the measurement includes the first message. */
  readonly warmMs: number
  readonly measureMs: number
}

export interface EchoOrder {
  readonly kind: 'echo'
  readonly target: Target
  readonly connections: number
  /** Publishes that each connection has in flight at any time. */
  readonly outstanding: number
  readonly warmMs: number
  readonly measureMs: number
}

export interface ConnectsOrder {
  readonly kind: 'connects'
  readonly target: Target
  readonly count: number
  readonly atOnce: number
}

/** Opens more idle connections and keeps those that are held already. */
interface HoldOrder {
  readonly kind: 'hold'
  readonly target: Target
  readonly count: number
}

interface ReleaseOrder {
  readonly kind: 'release'
}

/** A fan-out during which some members stop reading. */
export interface SlowReadersOrder {
  readonly kind: 'slowReaders'
  readonly target: Target
  readonly members: number
  /** How many of the members stop. */
  readonly stalled: number
  readonly messagesPerSecond: number
  /** A second feed, only for the members that will stop. It soon fills the buffers between them and the server. */
  readonly feedPerSecond: number
  readonly feedBytes: number
  readonly warmMs: number
  readonly beforeMs: number
  readonly duringMs: number
}

/** All clients lose their connection, miss messages in each of their rooms, and come back as the SDK does. */
export interface RejoinOrder {
  readonly kind: 'rejoin'
  readonly target: Target
  readonly clients: number
  /** Rooms in total, and rooms that each client joins. */
  readonly rooms: number
  readonly roomsEach: number
  /** Messages that each room gets while everybody is away. */
  readonly missedEach: number
  /** Messages to all rooms together while the clients come back. */
  readonly messagesPerSecond: number
}

export type Order = FanOutOrder | EchoOrder | ConnectsOrder | HoldOrder | ReleaseOrder | SlowReadersOrder | RejoinOrder

/** What a measurement took, and whether that casts doubt on it. */
export interface Effort extends CpuTaken {
  readonly marks: readonly Mark[]
}

/** What one measurement found. `done` counts deliveries, replies or openings within `seconds`. */
export interface Measured extends Effort {
  readonly done: number
  readonly latencyMs: Quantiles
  /** Deliveries that the messages published within `seconds` make. */
  readonly offered?: number
  /** Messages published, and all deliveries, late ones too: published × members of a room when none is lost. */
  readonly published?: number
  readonly deliveredInAll?: number
}

/** Latencies of the members that kept reading, before and after the others stopped. */
export interface SlowReadersMeasured extends Effort {
  readonly before: Quantiles
  readonly during: Quantiles
}

export interface RejoinMeasured extends Effort {
  readonly clients: number
  /** Clients that have every message of every room again. */
  readonly caughtUp: number
  /** Rooms by the outcome of their joins: `recovered`, a reason why not, or an error. */
  readonly rooms: Readonly<Record<string, number>>
  readonly messages: number
  /** From the start of the return to the last client's reply, including the SDK's wait of up to half a second. */
  readonly ms: number
  /** From opening a connection to the reply to its join. */
  readonly latencyMs: Quantiles
  /** When the return started and ended, milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

interface Results {
  fanOut: Measured
  echo: Measured
  connects: Measured
  hold: number
  release: number
  slowReaders: SlowReadersMeasured
  rejoin: RejoinMeasured
}
export type ResultOf<Given extends Order> = Results[Given['kind']]

export type Answer = { readonly measured: Results[keyof Results] } | { readonly error: string }
