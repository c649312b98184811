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
  /** Bytes a second in the frames of one connection, shared alike; at once come two frames or one second's worth. */
  readonly byteRate: number
  readonly maxConnectionsPerUser: number
  readonly maxRoomsPerConnection: number
  readonly maxRooms: number
  readonly maxFrameBytes: number
  /** Above it a connection is slow. */
  readonly outboxSoftBytes: number
  /** Above it the room types' slow policies decide what goes. */
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
  /** How far this process's event loop lags, milliseconds; judges nobody while it is over 1 s. */
  readonly loopDelayMs?: () => number
}

/** The settings of a node that was told nothing, but for its id. */
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
  outboxSoftBytes: 262_144,
  outboxHardBytes: 1_048_576,
  outboxMaxAgeMs: 10_000,
  outboxNodeBytes: 268_435_456,
  closeTimeoutMs: closeBudget.answerMs,
  roomTypes: [builtInRoomType],
  recordAddress: 'full',
  countsInBooks: true,
}
