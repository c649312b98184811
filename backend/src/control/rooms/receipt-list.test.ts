import { ListQuery } from '@gatehouse/protocol/rest'
import { expect, it } from 'vitest'
import { builtInRoomType } from '../../realtime/room-types/room-type.js'
import { TestHub } from '../../realtime/testing/test-hub.js'
import { listRequestOf } from '../lists/list-query.js'
import { LiveLists } from '../lists/live-lists.js'
import { readReceipts } from './receipt-list.js'
import { memberRow, roomDetail, type KnownRoom } from './room-view.js'

const type = { ...builtInRoomType, receipts: true }

function roomOf(t: TestHub): KnownRoom {
  return { name: 'r', type, live: t.hub.rooms.get('r') ?? null, closed: null }
}

function published(count: number): TestHub {
  const t = new TestHub({ settings: { roomTypes: [type], messageRate: 0 } })
  const [alice, bob, carol] = [t.client('alice'), t.client('bob'), t.client('carol')]
  for (const client of [alice, bob, t.client('bob'), carol]) t.join(client, 'r')
  for (let i = 0; i < count; i += 1) t.hub.publisher.publish(alice.c, { room: 'r', data: i }, undefined)
  t.settle()
  t.hub.receipts.ack(alice.c, { room: 'r', offset: 7 }, undefined)
  t.hub.receipts.ack(carol.c, { room: 'r', offset: 3 }, undefined)
  t.leave(carol, 'r')
  t.join(t.client('dave'), 'r')
  return t
}

it('says whether each user confirmed a message, for members and those who left', async () => {
  const t = published(9)
  const { list, received, notReceived } = readReceipts(roomOf(t), 4)
  expect([received, notReceived]).toEqual([1, 3])
  const lists = new LiveLists()
  const ask = (query: object) => lists.query(list, listRequestOf(ListQuery.parse(query)))
  const at = t.clock.wallMs()
  const page = await ask({})
  expect(page.items).toEqual([
    { user: 'bob', offset: null, at: null, lag: 9, received: false, member: true },
    { user: 'carol', offset: 3, at, lag: 6, received: false, member: false },
    { user: 'alice', offset: 7, at, lag: 2, received: true, member: true },
    { user: 'dave', offset: null, at: null, lag: 0, received: false, member: true },
  ])
  expect(page.facets).toEqual({ received: { no: 3, yes: 1 }, member: { yes: 3, no: 1 } })
  const users = async (query: object) => (await ask(query)).items.map(({ user }) => user)
  expect(await users({ filter: 'received:no member:yes', sort: 'user' })).toEqual(['bob', 'dave'])
  expect(await users({ filter: 'lag:>5' })).toEqual(['bob', 'carol'])
  const first = await ask({ limit: '3' })
  expect(await users({ limit: '3', cursor: first.next })).toEqual(['dave'])
})

it('finds the receipt of a member whose user the room has forgotten', () => {
  const t = published(9)
  const room = roomOf(t)
  for (let i = 0; i < 10_001; i += 1) room.live?.receipts?.note(room.live.epoch, `u${i}`, 1, 0)
  expect(room.live?.receipts?.of(room.live.epoch).has('alice')).toBe(false)
  const { list, received } = readReceipts(room, 7)
  expect(received).toBe(1)
  expect(list.find('alice')).toEqual({ user: 'alice', offset: 7, at: null, lag: 2, received: true, member: true })
})

it('shows the lag of members and of their room, and nothing if no receipts are kept', () => {
  const t = published(9)
  const { live } = roomOf(t)
  expect(roomDetail(roomOf(t), null).receipts).toEqual({ acked: 1, members: 4, maxLag: 9, medianLag: 2 })
  const rows = [...(live?.memberships() ?? [])].map((membership) => memberRow(membership.connection, membership))
  expect(rows.map(({ user, acked, lag }) => [user, acked, lag])).toEqual([
    ['alice', 7, 2],
    ['bob', null, 9],
    ['bob', null, 9],
    ['dave', null, 0],
  ])
  expect(roomDetail({ name: 'r', type: builtInRoomType, live: null, closed: null }, null).receipts).toBeNull()
  expect(roomDetail({ name: 'r', type, live: null, closed: null }, null).receipts).toEqual({
    acked: 0,
    members: 0,
    maxLag: 0,
    medianLag: 0,
  })
})
