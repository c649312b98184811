import type { JoinOk, MessageFrame, Position, RecoveryFailure } from '@gatehouse/protocol'
import type { RoomHandlers } from './options.js'

/** One room the application wants to be in. */
export interface Wanted {
  handlers: RoomHandlers | undefined
  position: Position | undefined
  /** Joined over the present link. */
  isMember: boolean
  /** Joined by request or by the server, not just while somebody reads it in a loop. */
  isKept: boolean
  /** Loops that read it. */
  readers: number
  /** Where it begins on the present link, if the server joined it by itself. */
  given: JoinOk | undefined
  /** Messages of the present link that have to wait; undefined while each is handed on as it comes. */
  held: MessageFrame[] | undefined
  /** The former link's messages still count. */
  readsFormer: boolean
  /** Where the present link began, while the former one has not brought everything up to there. */
  waiting: { readonly begin: Position; readonly cause: RecoveryFailure } | undefined
}

/** Offsets of one epoch only grow, so a message that is not beyond the position was read before, over either link. */
export function isRead(position: Position | undefined, { epoch, offset }: MessageFrame): boolean {
  if (position === undefined || (epoch !== undefined && epoch !== position.epoch)) return false
  return offset <= position.offset
}
