import type { ConnectionDetail } from '@gatehouse/protocol/rest'

import { bytes, plural } from '../../format/number.js'
import type { Books } from '../../ui/books.js'

/** The deliveries of one connection as a ledger line. */
export function booksOf(connection: ConnectionDetail): Books {
  const { enqueued, written, dropped, discarded, queued } = connection.deliveries
  return {
    title: 'Deliveries',
    start: { label: `enqueued in ${plural(connection.rooms, 'room')}`, amount: enqueued },
    moves: [
      { label: 'written', amount: written, sign: 'minus' },
      { label: 'dropped or discarded', amount: dropped + discarded, sign: 'minus' },
    ],
    now: { label: `in its queue, ${bytes(connection.pendingBytes)}`, amount: queued },
  }
}
