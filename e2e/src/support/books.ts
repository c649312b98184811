import type { Books, NodeStatus } from '@gatehouse/protocol/rest'
import type { Rest } from './rest.ts'

/** The sums of the node's books that do not hold, in words; empty when every one does. */
export function imbalances(books: Books): string[] {
  const { deliveries, bytes } = books
  return [
    ...differs('attempts = opened + refused', books.attempts, books.opened + books.refused),
    ...differs('refused = sum of reasons', books.refused, sumOf(books.refusedByReason)),
    ...differs('opened = open + closed', books.opened, books.open + books.closed),
    ...differs('closed = sum of reasons', books.closed, sumOf(books.closedByReason)),
    ...differs('dropped = sum of causes', deliveries.dropped, sumOf(deliveries.droppedByCause)),
    ...differs('deliveries', deliveries.enqueued, endings(deliveries)),
    ...differs('bytes of deliveries', bytes.enqueued, endings(bytes)),
  ]
}

export async function booksOf(rest: Rest): Promise<Books> {
  return (await rest.get<NodeStatus>('/v1/node')).books
}

interface Endings {
  readonly written: number
  readonly dropped: number
  readonly discarded: number
  readonly queued: number
}

function endings({ written, dropped, discarded, queued }: Endings): number {
  return written + dropped + discarded + queued
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

function differs(what: string, left: number, right: number): string[] {
  return left === right ? [] : [`${what}: ${left} against ${right}`]
}
