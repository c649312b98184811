import type { DialectName } from './dialect.ts'
import type { Quantiles } from './latencies.ts'

/** How long late deliveries are waited for after a fan-out. */
export const SETTLE_SECONDS = 8

export interface Target {
  readonly url: string
  readonly pid: number
  readonly dialect: DialectName
  /** Signs the clients' tokens; absent: the server asks for none. */
  readonly secret?: string
}

export interface FanOutOrder {
  readonly kind: 'fanOut'
  readonly target: Target
  readonly members: number
  readonly messagesPerSecond: number
  readonly warmMs: number
  readonly measureMs: number
}

export interface EchoOrder {
  readonly kind: 'echo'
  readonly target: Target
  readonly connections: number
  /** Publishes of one connection that wait for their reply at any time. */
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

/** Opens more idle connections beside those held already. */
export interface HoldOrder {
  readonly kind: 'hold'
  readonly target: Target
  readonly count: number
}

export interface ReleaseOrder {
  readonly kind: 'release'
}

/** A fan-out in the course of which some members stop reading. */
export interface SlowReadersOrder {
  readonly kind: 'slowReaders'
  readonly target: Target
  readonly members: number
  /** How many of the members stop. */
  readonly stalled: number
  readonly messagesPerSecond: number
  /** A feed that only those who will stop get, all the time, so that what lies between them and the server soon fills. */
  readonly feedPerSecond: number
  readonly feedBytes: number
  readonly warmMs: number
  readonly beforeMs: number
  readonly duringMs: number
}

/** All clients are cut, miss messages in each of their rooms, and come back as the SDK does. */
export interface RejoinOrder {
  readonly kind: 'rejoin'
  readonly target: Target
  readonly clients: number
  /** Rooms there are, and rooms each client is in. */
  readonly rooms: number
  readonly roomsEach: number
  /** Messages that each room gets while everybody is away. */
  readonly missedEach: number
  /** Messages to all rooms together that go on while the clients come back. */
  readonly messagesPerSecond: number
}

export type Order = FanOutOrder | EchoOrder | ConnectsOrder | HoldOrder | ReleaseOrder | SlowReadersOrder | RejoinOrder

/** What one measurement found. `done` counts deliveries, replies or openings within `seconds`. */
export interface Measured {
  readonly done: number
  readonly seconds: number
  /** CPU of the server in that time. */
  readonly serverCpuMs: number
  /** CPU of the load process in that time: near one core the load, not the server, may be what was measured. */
  readonly loadCpuMs: number
  readonly latencyMs: Quantiles
  /** Messages published, and deliveries counted to the very end: equal to published × members when none is lost. */
  readonly published?: number
  readonly deliveredInAll?: number
}

/** Latencies of the members that kept reading, while all read and after some stopped. */
export interface SlowReadersMeasured {
  readonly before: Quantiles
  readonly during: Quantiles
  readonly loadCpuMs: number
  readonly seconds: number
}

export interface RejoinMeasured {
  readonly clients: number
  /** Clients that hold every message of every room again. */
  readonly caughtUp: number
  /** Rooms by what their joins answered: `recovered`, a reason why not, or a fault. */
  readonly rooms: Readonly<Record<string, number>>
  readonly messages: number
  /** From the moment all may come back to the last client's answer: the SDK's wait of up to half a second is in it. */
  readonly ms: number
  /** From a client's opening to its answer. */
  readonly latencyMs: Quantiles
  /** The same span on the wall clock, milliseconds since 1970. */
  readonly from: number
  readonly to: number
}

export interface Results {
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
