import type { RoomDetail } from '@gatehouse/protocol/rest'
import type { Books } from '../ui/books.js'

type Deliveries = Pick<RoomDetail['deliveries'], 'enqueued' | 'written' | 'dropped' | 'discarded' | 'queued'>

/** Deliveries as a ledger line: what was enqueued, what became of it, and what is left. */
export function deliveryBooks(deliveries: Deliveries, labels: { enqueued: string; queued: string }): Books {
  const { enqueued, written, dropped, discarded, queued } = deliveries
  return {
    title: 'Deliveries',
    start: { label: labels.enqueued, amount: enqueued },
    moves: [
      { label: 'written', amount: written, sign: 'minus' },
      { label: 'dropped or discarded', amount: dropped + discarded, sign: 'minus' },
    ],
    now: { label: labels.queued, amount: queued },
  }
}
