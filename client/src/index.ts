export { connect } from './connect.js'
export { Connection } from './connection.js'
export type { ConnectionState } from './lifeline-events.js'
export type { ConnectionEvents, DirectMessage, Disconnected, Gap, Joined, Recovered, Refused } from './events.js'
export type {
  ConnectOptions,
  HistoryQuery,
  JoinOptions,
  PresenceChange,
  PublishOptions,
  RoomHandlers,
  RoomMessage,
} from './options.js'
export type { History, Room, RoomOptions } from './room.js'
export type { LoopGap, ReadMessage } from './room-stream.js'
export { RequestError, type RequestErrorCode } from './request-error.js'
export { reconnectDelayMs } from './backoff.js'
export { systemClock, type Clock } from './clock.js'
export type { Codec } from './codec.js'
export type { Environment } from './environment.js'
export type { ClientSocket, ClientSocketConstructor } from './socket.js'
