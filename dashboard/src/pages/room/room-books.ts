import type { RoomDetail } from '@gatehouse/protocol/rest'
import type { Books } from '../../ui/books.js'

/** The deliveries of one room as a ledger line. */
export function roomBooks(room: RoomDetail): Books {
  const { enqueued, written, dropped, discarded, queued } = room.deliveries
  return {
    title: 'Deliveries',
    start: { label: 'enqueued for its members', amount: enqueued },
    moves: [
      { label: 'written', amount: written, sign: 'minus' },
      { label: 'dropped or discarded', amount: dropped + discarded, sign: 'minus' },
    ],
    now: { label: 'in queues now', amount: queued },
  }
}
