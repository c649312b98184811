import type { CloseRecord } from '@gatehouse/protocol/rest'
import type { Books } from '../../ui/books.js'

/** What was due to a connection that ended, as a ledger line that ends at nothing. */
export function recordBooks(record: CloseRecord): Books {
  const { enqueued, written, dropped, discarded } = record.deliveries
  return {
    title: 'Deliveries',
    start: { label: 'enqueued', amount: enqueued },
    moves: [
      { label: 'written', amount: written, sign: 'minus' },
      { label: 'dropped or discarded', amount: dropped + discarded, sign: 'minus' },
    ],
    now: { label: 'left over', amount: 0 },
  }
}
