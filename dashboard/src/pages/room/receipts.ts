import type { MemberRow, RoomDetail } from '@gatehouse/protocol/rest'

/** How far the members of a room have confirmed it. */
export interface Receipts {
  /** Members that have confirmed something. */
  readonly acked: number
  readonly members: number
  /** Messages behind the newest. */
  readonly maxLag: number
  readonly medianLag: number
}

/** The receipts of a room; null where its type asks for none. */
export function receiptsOf(room: RoomDetail & { readonly receipts?: Receipts | null }): Receipts | null {
  return room.receipts ?? null
}

/** How many messages a member has yet to confirm; null where it has confirmed none. */
export function lagOf(row: MemberRow & { readonly lag?: number | null }): number | null {
  return row.lag ?? null
}
