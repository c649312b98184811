import type { MemberRow, RoomDetail } from '@gatehouse/protocol/rest'

/** The receipts of a room; null where its type asks for none. */
export function receiptsOf(room: RoomDetail): RoomDetail['receipts'] {
  return room.receipts
}

/** How many messages a member has yet to confirm; null where it has confirmed none. */
export function lagOf({ acked, lag }: MemberRow): number | null {
  return acked === null ? null : lag
}
