import { limits, type Position, type RecoveryFailure } from '@gatehouse/protocol'
import type { Membership } from './membership.js'
import { Messages } from './messages.js'
import type { StreamMessage } from '../ports/bus.js'
import type { History, HistoryPage } from '../ports/history.js'
import type { Room } from './room.js'

/** What was read of a room's history for one join: undefined where nothing was needed, null where reading failed. */
export type ReadForJoin = HistoryPage | null | undefined

/** The result of a `since`, or the newest value of a `latest` room. */
export interface Recovery {
  readonly recovered?: boolean
  readonly reason?: RecoveryFailure
  /** Messages lost, where both positions are in one epoch. */
  readonly missed?: number
  readonly messages?: Messages
}

/** Bytes that the recoveries of one reply may still take. */
export interface RecoveryBudget {
  bytes: number
}

/** Whether history must be read before a join with this `since` can be answered. */
export function needsHistory(room: Room, since: Position | undefined): boolean {
  if (room.type.history === null) return false
  return room.type.kind === 'latest' || since !== undefined
}

/** Reads what a join needs. As long as the join is under way, the room remembers what arrives. */
export function readForJoin(
  history: History,
  room: Room,
  since: Position | undefined,
  done: (page: HistoryPage | null) => void,
): void {
  const query =
    room.type.kind === 'latest'
      ? { from: Infinity, reverse: true, limit: 1, bytes: limits.recoveryBytes }
      : {
          from: (since?.offset ?? 0) + 1,
          reverse: false,
          limit: limits.recoveryMessages + 1,
          bytes: limits.recoveryBytes,
        }
  history.read(room.name, query, done)
}

/** Decides a join's recovery at the room's current place, up to which the room has flushed. All or nothing. */
export function recover(
  room: Room,
  since: Position | undefined,
  read: ReadForJoin,
  membership: Membership | undefined,
  budget: RecoveryBudget,
): Recovery {
  if (room.type.kind === 'latest' && room.type.history !== null) return newest(room, since, read)
  if (since === undefined) return {}
  const { epoch, offset } = room
  if (since.epoch !== epoch) return { recovered: false, reason: 'epoch_changed' }
  // A position this epoch never had.
  if (since.offset > Math.max(offset, read?.epoch === epoch ? read.offset : 0)) {
    return { recovered: false, reason: 'epoch_changed' }
  }
  const missed = Math.max(0, offset - since.offset)
  const lost = (reason: RecoveryFailure): Recovery => ({ recovered: false, reason, missed })
  if (missed === 0) return { recovered: true, messages: new Messages(room, []) }
  if (room.type.history === null) return lost('history_off')
  if (!mayLookBack(membership, since)) return lost('not_authorized')
  if (missed > limits.recoveryMessages) return lost(goneOrTooMuch(since, read))
  if (read === null) return lost('bus_unavailable')
  if (read !== undefined && read.epoch !== epoch) return { recovered: false, reason: 'epoch_changed' }
  const items = between(since.offset, offset, read?.messages ?? [], room.tailOf(epoch))
  if (items.length === missed) {
    const messages = new Messages(room, items)
    const { bytes } = messages
    if (bytes > limits.recoveryBytes || bytes > budget.bytes) return lost('over_limit')
    budget.bytes -= bytes
    return { recovered: true, messages }
  }
  return lost(goneOrTooMuch(since, read))
}

/** With the right `history` any position may be recovered; without it only those since the session entered the room. */
function mayLookBack(membership: Membership | undefined, since: Position): boolean {
  if (membership === undefined) return false
  const { grant, floor } = membership
  return grant.canHistory || (floor.epoch === since.epoch && since.offset >= floor.offset)
}

/** Why the messages are gone; if they are not, there are more than one answer brings. */
function goneOrTooMuch(since: Position, read: ReadForJoin): RecoveryFailure {
  return read !== undefined && read !== null && read.first > since.offset + 1 ? read.lost : 'over_limit'
}

/** The messages after `since` up to `to` without a hole, or fewer than that. */
function between(
  since: number,
  to: number,
  kept: readonly StreamMessage[],
  tail: readonly StreamMessage[],
): StreamMessage[] {
  const items: StreamMessage[] = []
  let next = since + 1
  for (const list of [kept, tail]) {
    for (const message of list) {
      if (message.offset !== next || message.offset > to) continue
      items.push(message)
      next += 1
    }
  }
  return items
}

/** A room of kind `latest` gives a new member its newest value and nothing else. */
function newest(room: Room, since: Position | undefined, read: ReadForJoin): Recovery {
  const kept = read === null || read === undefined || read.epoch !== room.epoch ? undefined : read.messages[0]
  const message = room.tailOf(room.epoch ?? '').at(-1) ?? kept
  const isNews = message !== undefined && !(since?.epoch === room.epoch && since.offset >= message.offset)
  const messages = new Messages(room, isNews && message.offset <= room.offset ? [message] : [])
  if (since !== undefined) {
    return read === null ? { recovered: false, reason: 'bus_unavailable' } : { recovered: true, messages }
  }
  return isNews ? { messages } : {}
}
