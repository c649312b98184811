import { recoveryFailures } from '@gatehouse/protocol'
import type { MemberRow, RoomDetail, RoomTick } from '@gatehouse/protocol/rest'
import { drops, recoveries, roomDetail } from '../room-detail.ts'
import { connectionRow } from './fixture-data.ts'

const LIMITS = { count: 300, bytes: 1_048_576, ageMs: 600_000 }

/** An invented room; its name says what is to be seen: `empty`, `latest`, `ephemeral`, or else everything at once. */
export function room(name: string, now: number): RoomDetail {
  const facts = { name, rate: 4.6, openedAt: now - 3_600_000, lastMessageAt: now - 300 }
  if (name.includes('empty')) return roomDetail({ name, members: 0, epoch: null, openedAt: null })
  if (name.includes('ephemeral')) {
    return roomDetail({ ...facts, kind: 'ephemeral', offset: 4011, recoveries: recoveries({ history_off: 3 }) })
  }
  if (name.includes('latest')) {
    const history = { ...LIMITS, count: 1, heldMessages: 1, heldBytes: 60_031, oldestAt: now - 400 }
    return roomDetail({ ...facts, kind: 'latest', offset: 90_210, slowPolicy: 'conflate', history })
  }
  const receipts = { acked: 38, members: 40, maxLag: 1204, medianLag: 1 }
  const everyFailure = Object.fromEntries(recoveryFailures.map((reason, index) => [reason, 40 - index * 6]))
  const busy = roomDetail({
    ...facts,
    members: 40,
    memberLimit: 500,
    offset: 1_248_212,
    history: { ...LIMITS, heldMessages: 300, heldBytes: 301_288, oldestAt: now - 65_200 },
    recoveries: recoveries({ recovered: 12_042, ...everyFailure }),
    deliveries: {
      enqueued: 49_928_480,
      written: 49_919_004,
      dropped: 9451,
      droppedByCause: drops({ slow_consumer: 9240, conflated: 199, node_budget: 12 }),
      discarded: 22,
      queued: 3,
    },
  })
  return Object.assign(busy, { receipts })
}

export const roomTick = (now: number, name: string): RoomTick => ({ at: now, room: room(name, now) })

export function memberRow(index: number, now: number): MemberRow {
  const { id, user, client, connectedAt, pendingBytes } = connectionRow(index * 5, now)
  const lag = index === 7 ? null : Math.max(0, 1204 - index * index * 30)
  const row = {
    connection: id,
    user: user ?? '',
    client: client?.name ?? null,
    joinedAt: connectedAt,
    pendingBytes,
    rights: ['join', 'publish'],
  }
  return Object.assign(row, { acked: lag === null ? null : 1_248_212 - lag, lag })
}
