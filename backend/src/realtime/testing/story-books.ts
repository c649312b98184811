import assert from 'node:assert/strict'
import type { Line } from './story-client.js'
import type { TestHub } from './test-hub.js'
import type { Truth } from './truth.js'

/** Checks what must hold of all counters together at any moment (C1 to C5), against what the clients read. */
export function checkBooks({ hub, records }: TestHub, truth: Truth, lines: readonly Line[]): void {
  const books = hub.books.snapshot()
  const { deliveries, bytes } = books
  assert.equal(books.attempts, books.opened + books.refused, 'C3')
  assert.equal(books.opened, books.open + books.closed, 'C1')
  assert.equal(books.opened, lines.length, 'C1: connections opened')
  assert.equal(books.open, hub.connections.size, 'C1')
  assert.equal(sum(books.closedByReason), books.closed, 'C2')
  assert.equal(books.closedByReason.unknown, 0, 'C2: closed for no known reason')
  assert.equal(new Set(records.closes.map(({ id }) => id)).size, books.closed, 'C2: one record each')
  assert.equal(records.closes.length, books.closed, 'C2: one record each')
  assert.equal(deliveries.enqueued, accounted(deliveries), 'C4')
  assert.equal(bytes.enqueued, accounted(bytes), 'C4: bytes')
  assert.equal(sum(deliveries.droppedByCause), deliveries.dropped, 'C4: drops by cause')
  assert.equal(books.published, truth.acked, 'C5: published')
  const totals = { enqueued: 0, written: 0, dropped: 0, discarded: 0, queued: 0 }
  let memberships = 0
  for (const { c, observer } of lines) {
    const { outbox } = c
    const own = {
      enqueued: outbox.enqueuedDeliveries,
      written: outbox.writtenDeliveries,
      dropped: outbox.droppedDeliveries,
      discarded: outbox.discardedDeliveries,
      queued: outbox.queuedDeliveries,
    }
    assert.equal(own.enqueued, accounted(own), `C4: ${c.id}`)
    assert.equal(
      outbox.enqueuedBytes,
      outbox.writtenBytes + outbox.droppedBytes + outbox.discardedBytes + outbox.queuedBytes,
      `C4: bytes of ${c.id}`,
    )
    if (!c.isClosed) assert.equal(observer.messages, own.written, `C4: ${c.id} read what was written`)
    assert.ok(observer.messages <= own.written + own.discarded, `C4: ${c.id} read more than it was sent`)
    assert.ok(observer.missed <= own.dropped, `C4: ${c.id} was told of more than was dropped`)
    for (const name of ['enqueued', 'written', 'dropped', 'discarded', 'queued'] as const) totals[name] += own[name]
    memberships += c.memberships.size
  }
  const { droppedByCause: _, ...counted } = deliveries
  assert.deepEqual(counted, totals, 'C4: the connections together')
  assert.equal(hub.levels().memberships, memberships, 'C1: memberships')
  const types = [...hub.books.byType]
  const droppedByType = types.reduce((total, { droppedByCause }) => total + sum(droppedByCause), 0)
  assert.equal(droppedByType, deliveries.dropped, 'C4: drops by room type')
  // Messages outside rooms are discarded under no room type.
  const discardedByType = types.reduce((total, { discarded }) => total + discarded, 0)
  assert.ok(discardedByType <= deliveries.discarded, 'C4: discards by room type')
  let members = 0
  let queued = 0
  for (const room of hub.rooms.values()) {
    members += [...room.members()].length
    assert.ok(room.memberCount === 0 || room.phase === 'live', `C1: ${room.name} has members whom nothing reaches`)
    assert.equal(room.ledger.enqueued, accounted(room.ledger), `C4: ${room.name}`)
    const { droppedByCause, dropped } = room.ledger
    assert.equal(sum(droppedByCause ?? {}), dropped, `C4: drops of ${room.name} by cause`)
    queued += room.ledger.queued
  }
  // A room may be forgotten while the last of its deliveries wait.
  assert.ok(queued <= deliveries.queued, 'C4: the rooms together')
  assert.equal(members, memberships, 'C1: members')
  assert.equal(hub.books.joins - hub.books.leaves, memberships, 'C1: joins and leaves')
}

interface Account {
  readonly written: number
  readonly dropped: number
  readonly discarded: number
  readonly queued: number
}

function accounted({ written, dropped, discarded, queued }: Account): number {
  return written + dropped + discarded + queued
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
