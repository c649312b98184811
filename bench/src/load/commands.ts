import type { Quantiles } from './latencies.ts'

/** How long late deliveries are waited for after a fan-out. */
export const SETTLE_SECONDS = 8

export interface Target {
  readonly url: string
  readonly pid: number
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

export type Order = FanOutOrder | EchoOrder | ConnectsOrder | HoldOrder | ReleaseOrder

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

export type Answer = { readonly measured: Measured } | { readonly error: string }
