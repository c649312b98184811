import { dropCauses, recoveryResults } from '@gatehouse/protocol'
import type { MemberRow, RoomDetail, RoomRow } from '@gatehouse/protocol/rest'
import type { Connection } from '../../realtime/connections/connection.js'
import type { Membership } from '../../realtime/rooms/membership.js'
import type { HistoryHeld } from '../../realtime/ports/history.js'
import type { ClosedRoom } from '../../realtime/ports/room-state.js'
import type { Room } from '../../realtime/rooms/room.js'
import type { RoomType } from '../../realtime/room-types/room-type.js'

/** A room for display: live on this node, closed by an operator, or both. */
export interface KnownRoom {
  readonly name: string
  readonly type: RoomType
  readonly live: Room | null
  readonly closed: ClosedRoom | null
}

export function roomRow({ name, type, live, closed }: KnownRoom): RoomRow {
  return {
    name,
    type: type.pattern,
    kind: type.kind,
    state: closed === null ? 'open' : 'closed',
    members: live?.memberCount ?? 0,
    epoch: live?.epoch ?? null,
    offset: live?.offset ?? 0,
    rate: Math.round((live?.rate ?? 0) * 10) / 10,
    openedAt: live?.openedAt ?? null,
    lastMessageAt: live?.lastMessageAt ?? null,
    closed: closed === null ? null : { ...closed },
  }
}

/** @param held how much history the room keeps; null if that is unknown or nothing is kept */
export function roomDetail(room: KnownRoom, held: HistoryHeld | null): RoomDetail {
  const { type, live } = room
  const none = { enqueued: 0, written: 0, dropped: 0, droppedByCause: null, discarded: 0, queued: 0 }
  const { enqueued, written, dropped, droppedByCause, discarded, queued } = live?.ledger ?? none
  return {
    ...roomRow(room),
    memberLimit: type.memberLimit,
    slowPolicy: type.slowPolicy,
    presence: type.presence,
    deliveries: { enqueued, written, dropped, droppedByCause: droppedByCause ?? zeros(dropCauses), discarded, queued },
    history:
      type.history === null
        ? null
        : {
            ...type.history,
            heldMessages: held?.messages ?? 0,
            heldBytes: held?.bytes ?? 0,
            oldestAt: held?.oldestAt ?? null,
          },
    recoveries: live?.recoveries ?? zeros(recoveryResults),
    receipts: type.receipts ? receiptSummary(live) : null,
  }
}

function receiptSummary(live: Room | null): RoomDetail['receipts'] {
  const members = live?.memberCount ?? 0
  const lags = new Float64Array(members)
  let acked = 0
  let at = 0
  for (const { receipt } of live?.memberships() ?? []) {
    if (receipt === null) continue
    if (receipt.acked !== null) acked += 1
    lags[at] = receipt.lag
    at += 1
  }
  lags.sort()
  return { acked, members, maxLag: lags.at(-1) ?? 0, medianLag: lags[(members - 1) >> 1] ?? 0 }
}

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>
}

export function memberRow(connection: Connection, membership: Membership): MemberRow {
  return {
    connection: connection.id,
    user: connection.user ?? '',
    client: connection.identity.client?.name ?? null,
    joinedAt: membership.joinedAt,
    pendingBytes: connection.outbox.queuedBytes,
    rights: membership.grant.names(),
    acked: membership.receipt?.acked ?? null,
    lag: membership.receipt?.lag ?? null,
  }
}
