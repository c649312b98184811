import { closeBudget } from './close-budget.js'
import { builtInRoomType, type RoomType } from '../room-types/room-type.js'

/** Limits and times of a hub. Where a number is a limit, 0 means none. */
export interface HubSettings {
  readonly nodeId: string
  /** Whether a connection may open without a token and send it in its first frame. */
  readonly firstFrameAuth: boolean
  readonly pingMs: number
  readonly pongMs: number
  readonly authTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly maxLifetimeMs: number
  /** From the token's end to the close. */
  readonly expiryGraceMs: number
  /** Frames a second for one connection; five times that for one user and for one address. */
  readonly messageRate: number
  readonly messageBurst: number
  /** Bytes a second in the frames of one connection, shared alike; the burst is two frames or, if more, a second. */
  readonly byteRate: number
  readonly maxConnectionsPerUser: number
  readonly maxRoomsPerConnection: number
  readonly maxRooms: number
  readonly maxFrameBytes: number
  /** Share of the event loop's time, 0 to 1, above which wide rooms rest between two sends; 1: they never do. */
  readonly restAboveLoad: number
  /** Above it a connection is slow, and the slow policies of its room types decide what is dropped. */
  readonly outboxSoftBytes: number
  /** Above it everything that may be dropped is dropped; if that is not enough, the connection closes. */
  readonly outboxHardBytes: number
  readonly outboxMaxAgeMs: number
  /** All outboxes together; above it the fullest are shed. */
  readonly outboxNodeBytes: number
  /** From the close frame to the cut. */
  readonly closeTimeoutMs: number
  readonly roomTypes: readonly RoomType[]
  /** How much of an address a close record keeps. */
  readonly recordAddress: 'full' | 'prefix' | 'none'
  /** Whether connections leave close records. The control room's own do not. */
  readonly countsInBooks: boolean
  /** How far this process's event loop lags, milliseconds; above 1 s no connection is judged. */
  readonly loopDelayMs?: () => number
}

/** The settings of a node where configuration says nothing; only the node's id has no default. */
export const defaultHubSettings: Omit<HubSettings, 'nodeId'> = {
  firstFrameAuth: true,
  pingMs: 25_000,
  pongMs: 10_000,
  authTimeoutMs: 10_000,
  idleTimeoutMs: 0,
  maxLifetimeMs: 0,
  expiryGraceMs: 25_000,
  messageRate: 50,
  messageBurst: 100,
  byteRate: 4_194_304,
  maxConnectionsPerUser: 20,
  maxRoomsPerConnection: 128,
  maxRooms: 100_000,
  maxFrameBytes: 65_536,
  restAboveLoad: 0.5,
  outboxSoftBytes: 262_144,
  outboxHardBytes: 1_048_576,
  outboxMaxAgeMs: 10_000,
  outboxNodeBytes: 268_435_456,
  closeTimeoutMs: closeBudget.answerMs,
  roomTypes: [builtInRoomType],
  recordAddress: 'full',
  countsInBooks: true,
}
