import type { ReceiptRow } from '@gatehouse/protocol/rest'
import { fieldFilter } from '../lists/filter-fields.js'
import type { LiveList } from '../lists/list-description.js'
import type { KnownRoom } from './room-view.js'

/** What the users of a room have confirmed at one moment. */
export interface ReceiptReading {
  readonly list: LiveList<ReceiptRow, ReceiptRow>
  readonly received: number
  readonly notReceived: number
}

/** Reads who has confirmed the message `offset` of the room's epoch: its members and those who left, by user. */
export function readReceipts({ live }: KnownRoom, offset: number): ReceiptReading {
  const rows = new Map<string, ReceiptRow>()
  const newest = live?.offset ?? 0
  for (const [user, receipt] of live?.receipts?.of(live.epoch) ?? []) {
    const lag = Math.max(0, newest - receipt.offset)
    rows.set(user, { user, ...receipt, lag, received: receipt.offset >= offset, member: false })
  }
  for (const { connection, receipt } of live?.memberships() ?? []) {
    const { user } = connection
    if (user === null || receipt === null) continue
    const known = rows.get(user)
    if (known !== undefined && (known.offset ?? -1) >= (receipt.acked ?? -1)) {
      known.member = true
      if (known.offset === null) known.lag = Math.min(known.lag, receipt.lag)
      continue
    }
    // The room has no receipt of this user, or only an older one: it was dropped to make room, or never existed.
    const { acked, lag } = receipt
    rows.set(user, { user, offset: acked, at: null, lag, received: acked !== null && acked >= offset, member: true })
  }
  let received = 0
  for (const row of rows.values()) if (row.received) received += 1
  return { list: receiptList(rows), received, notReceived: rows.size - received }
}

const wordOf = (value: boolean): string => (value ? 'yes' : 'no')

function receiptList(rows: ReadonlyMap<string, ReceiptRow>): LiveList<ReceiptRow, ReceiptRow> {
  return {
    all: () => rows.values(),
    find: (user) => rows.get(user),
    id: ({ user }) => user,
    filter: fieldFilter({
      fields: {
        user: { kind: 'text', of: ({ user }) => user },
        offset: { kind: 'number', of: ({ offset }) => offset },
        lag: { kind: 'number', of: ({ lag }) => lag },
        received: { kind: 'text', of: ({ received }) => wordOf(received) },
        member: { kind: 'text', of: ({ member }) => wordOf(member) },
      },
      words: ({ user }) => [user],
    }),
    sorts: {
      user: { of: ({ user }) => user, isLive: false },
      offset: { of: ({ offset }) => offset ?? -1, isLive: true },
      at: { of: ({ at }) => at ?? -1, isLive: true },
      lag: { of: ({ lag }) => lag, isLive: true },
    },
    defaultSort: '-lag',
    facets: { received: ({ received }) => wordOf(received), member: ({ member }) => wordOf(member) },
    row: (row) => row,
  }
}
