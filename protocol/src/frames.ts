import type { CloseReason } from './close-reasons.js'
import type { DropCause, LeftReason, RecoveryFailure, ReplyErrorCode } from './codes.js'

/** A position in a room's stream. */
export interface Position {
  readonly epoch: string
  readonly offset: number
}

/** What a client says about itself when it connects. */
export interface ConnectData {
  readonly token?: string
  readonly session?: string
  readonly client?: { readonly name: string; readonly version?: string }
  readonly labels?: Readonly<Record<string, string>>
  /** How far the user's own rooms were read, by room; the server joins them with these positions. */
  readonly since?: Readonly<Record<string, Position>>
}

export interface JoinItem {
  readonly room: string
  readonly since?: Position
}

export type Request =
  | { readonly event: 'connect'; readonly id: number; readonly data: ConnectData }
  | { readonly event: 'refresh'; readonly id: number; readonly data: { readonly token: string } }
  | { readonly event: 'join'; readonly id: number; readonly data: JoinItem | { readonly rooms: readonly JoinItem[] } }
  | { readonly event: 'leave'; readonly id?: number; readonly data: { readonly room: string } }
  | { readonly event: 'publish'; readonly id?: number; readonly data: PublishData }
  | { readonly event: 'presence'; readonly id: number; readonly data: { readonly room: string } }
  | { readonly event: 'history'; readonly id: number; readonly data: HistoryData }
  | { readonly event: 'ack'; readonly id?: number; readonly data: AckData }
  | { readonly event: 'ping'; readonly id?: number; readonly data: Readonly<Record<string, never>> }

export interface PublishData {
  readonly room: string
  /** A JSON value, or in MessagePack bytes. */
  readonly data?: unknown
  /** Bytes in base64, in place of `data`. */
  readonly data64?: string
  readonly key?: string
}

/** A receipt: everything in the room up to this offset was received. */
export interface AckData {
  readonly room: string
  readonly offset: number
  /** The epoch of the offset; absent: the room's present epoch. */
  readonly epoch?: string
}

export interface HistoryData {
  readonly room: string
  readonly since?: Position
  readonly limit?: number
  readonly reverse?: boolean
}

export interface ReplyError {
  readonly code: ReplyErrorCode
  readonly message: string
  readonly retryAfterMs?: number
}

export type Reply = { readonly id: number; readonly ok: unknown } | { readonly id: number; readonly error: ReplyError }

/** What `connect` answers, and what the `connected` push of a connection authenticated by its opening holds. */
export interface ConnectOk {
  readonly protocol: number
  readonly connection: string
  readonly session: string
  readonly node: string
  /** Milliseconds since 1970, UTC. */
  readonly serverTime: number
  /** When the token ends, milliseconds since 1970. */
  readonly expiresAt: number
  readonly pingMs: number
  /** 0: no idle timeout. */
  readonly idleMs: number
  readonly limits: {
    readonly frameBytes: number
    readonly rooms: number
    readonly messagesPerSecond: number
    readonly messageBurst: number
    readonly bytesPerSecond: number
  }
  /** Rooms the server joined the connection to: the user's own. */
  readonly rooms?: readonly GivenRoom[]
}

/** What a room tells a client that joins: the state that its earlier pushes described. */
export interface RoomState {
  readonly closed?: { readonly message?: string; readonly reopensAt?: number }
  /** Connections in the room, where its type keeps presence. */
  readonly members?: number
  /** Users in the room, where its type keeps presence. */
  readonly users?: number
}

export interface MessageFrame {
  readonly event: 'message'
  readonly room: string
  readonly offset: number
  /** Only on the first message of a new epoch. */
  readonly epoch?: string
  readonly data?: unknown
  /** Bytes in base64, in place of `data`; in MessagePack `data` holds the bytes themselves. */
  readonly data64?: string
  readonly from?: { readonly user: string } | { readonly service: string }
}

/** A message to a user's connections or to one connection, not to a room: unnumbered and not kept. */
export interface DirectMessageFrame {
  readonly event: 'message'
  readonly room?: undefined
  readonly offset?: undefined
  readonly data?: unknown
  readonly data64?: string
  readonly from?: MessageFrame['from']
}

/** Where a member's live messages begin, and what became of its `since`. */
type JoinPlace =
  | {
      readonly epoch: string
      readonly offset: number
      readonly recovered?: true
      readonly messages?: readonly MessageFrame[]
    }
  | {
      readonly epoch: string
      readonly offset: number
      readonly recovered: false
      readonly reason: RecoveryFailure
      /** How many messages are lost, if both positions are in one epoch. */
      readonly missed?: number
    }

export type JoinOk = JoinPlace & { readonly room: RoomState }

/** A room the server joined a connection to: its name, and what a join of it would have answered. */
export type GivenRoom = JoinPlace & { readonly room: string; readonly state: RoomState }

/** What a token's claim `info` says about its user. */
export type UserInfo = Readonly<Record<string, unknown>>

/** A user in a room, and what the token of the user's newest connection there says about the user. */
export interface PresentUser {
  readonly user: string
  readonly info?: UserInfo
}

/** What `presence` answers. */
export interface PresenceOk {
  /** Users in the room, at most 1,000 of them and 256 KiB, with their connections in it. */
  readonly members: readonly (PresentUser & { readonly connections: number })[]
  /** Connections in the room, those of users not named included. */
  readonly count: number
  /** Users in the room, those not named included. */
  readonly users: number
}

/** What `history` answers. */
export interface HistoryOk {
  readonly epoch: string
  /** Newest offset of the room. */
  readonly offset: number
  /** In the direction asked. */
  readonly messages: readonly MessageFrame[]
  /** There is more in that direction. */
  readonly more: boolean
  /** Why the page is empty, or begins later than asked. */
  readonly reason?: RecoveryFailure
}

/** One result of a join of many rooms, in the order asked. */
export type JoinResult =
  { readonly room: string; readonly ok: JoinOk } | { readonly room: string; readonly error: ReplyError }

/** What a join of many rooms answers. */
export interface JoinManyOk {
  readonly results: readonly JoinResult[]
}

/** What `refresh` answers: when the new token ends, milliseconds since 1970. */
export interface RefreshOk {
  readonly expiresAt: number
}

export type Push =
  | MessageFrame
  | DirectMessageFrame
  | ({ readonly event: 'connected' } & ConnectOk)
  | {
      readonly event: 'gap'
      readonly room: string
      readonly epoch: string
      readonly from: number
      readonly to: number
      readonly count: number
      readonly cause: DropCause
    }
  | {
      readonly event: 'presence'
      readonly room: string
      /** Who came or has new info. Without this and `left` the push names nobody, and the names must be asked for. */
      readonly joined?: readonly PresentUser[]
      readonly left?: readonly string[]
      /** Connections in the room. */
      readonly count: number
      /** Users in the room. */
      readonly users: number
    }
  | { readonly event: 'notice'; readonly message: string; readonly room?: string }
  | {
      readonly event: 'roomClosed'
      readonly room: string
      readonly reason: string
      readonly message?: string
      /** Milliseconds since 1970. */
      readonly reopensAt?: number
    }
  | { readonly event: 'left'; readonly room: string; readonly reason: LeftReason }
  | {
      readonly event: 'drain'
      readonly operation: string
      /** When the connection will be closed at the latest, milliseconds since 1970. */
      readonly deadline: number
      /** Wait this long before opening the next connection. */
      readonly reconnectAfterMs: number
    }
  | {
      readonly event: 'disconnect'
      readonly code: number
      readonly reason: CloseReason
      readonly connection: string
      readonly retryAfterMs?: number
      readonly message?: string
      readonly expiresAt?: number
      readonly sentence: string
    }
  | { readonly event: 'error'; readonly code: ReplyErrorCode; readonly message: string; readonly count: number }
