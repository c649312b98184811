import type { Books, StatsPoint } from './stats.js'
import type { Operation } from './operations.js'
import type { ConnectionDetail } from './connections.js'
import type { RoomDetail } from './rooms.js'

/** `sys:stats`, once a second: the second that just ended, the books, and what the header and navigation show. */
export interface StatsTick {
  readonly at: number
  readonly point: StatsPoint
  readonly books: Books
  readonly nodeState: 'ready' | 'draining' | 'drained' | 'degraded'
  readonly notes: readonly string[]
  readonly nodes: { readonly answered: number; readonly of: number }
  /** Running or holding operations, newest first, at most five. */
  readonly operations: readonly Operation[]
  readonly bans: number
  readonly viewerBytesPerSecond: number
}

/** `sys:connections`, once a second: counts by state and client, never rows. */
export interface ConnectionsTick {
  readonly at: number
  readonly total: number
  readonly byState: Readonly<Record<string, number>>
  readonly byClient: Readonly<Record<string, number>>
  readonly openedSince: number
}

/** `sys:connection:<id>`, once a second while it is watched; the tick with `closed` is the last. */
export type ConnectionTick =
  | { readonly at: number; readonly connection: ConnectionDetail; readonly closed?: undefined }
  | { readonly at: number; readonly closed: string; readonly connection?: undefined }

/** `sys:room:<name>`, once a second while it is watched. */
export interface RoomTick {
  readonly at: number
  readonly room: RoomDetail
}

/** `sys:operation:<id>`, at each change and once a second while it runs. */
export interface OperationTick {
  readonly at: number
  readonly operation: Operation
  readonly point: {
    readonly at: number
    readonly remaining: number
    readonly planned: number
    readonly closes: number
    readonly target: number
  } | null
}
