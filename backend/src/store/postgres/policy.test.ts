import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BadBanValue } from '../repositories/store-errors.js'
import { ShiftedClock, openTestStore, testStore, until, type TestStore } from '../testing/test-store.js'

const clock = new ShiftedClock()
let test: TestStore
beforeAll(async () => {
  test = await testStore(clock)
  await test.store.start()
})
afterAll(() => test.close())

const ban = (kind: 'user' | 'address', value: string, expiresAt: number | null = null) => ({
  kind,
  value,
  reason: 'spam',
  message: 'no',
  by: 'ada',
  expiresAt,
})

describe('bans', () => {
  it('are in force as soon as the next refresh is done, and count their hits', async () => {
    const { bans, banCache } = test.store
    const user = await bans.create(ban('user', 'mallory'))
    await bans.create(ban('address', '203.0.113.99/24'))
    await banCache.refresh()
    expect(banCache.user('mallory')).toEqual({ id: user.id, kind: 'user', expiresAt: null, message: 'no' })
    expect(banCache.user('mallory2')).toBeUndefined()
    expect(banCache.address('203.0.113.7')?.kind).toBe('address')
    expect(banCache.address('::ffff:203.0.113.7')?.kind).toBe('address')
    expect(banCache.address('203.0.114.7')).toBeUndefined()
    const listed = await bans.list({ tokens: [], sort: 'value', limit: 10 })
    expect(listed.items.map(({ value, hits }) => [value, hits])).toEqual([
      ['203.0.113.0/24', 2],
      ['mallory', 1],
    ])
  })

  it('come into force without an explicit refresh', async () => {
    const { bans, banCache } = test.store
    const made = await bans.create(ban('user', 'trudy'))
    await until('the ban to be known', () => banCache.user('trudy') !== undefined)
    await bans.lift(made.id)
    await until('the lifted ban to be forgotten', () => banCache.user('trudy') === undefined)
    expect(await bans.find(made.id)).toBeUndefined()
  })

  it('expire by themselves, in the cache and in lists', async () => {
    const { bans, banCache } = test.store
    const made = await bans.create(ban('user', 'eve', clock.wallMs() + 60_000))
    await banCache.refresh()
    expect(banCache.user('eve')).toBeDefined()
    const before = await bans.count()
    clock.shift(61_000)
    expect(banCache.user('eve')).toBeUndefined()
    expect(await bans.find(made.id)).toBeUndefined()
    expect(await bans.count()).toBe(before - 1)
  })

  it('are replaced by a second one for the same value, however it is written', async () => {
    const { bans } = test.store
    const first = await bans.create(ban('address', '2001:db8::/48'))
    const second = await bans.create({ ...ban('address', '2001:0DB8:0:1::/48'), reason: 'flood' })
    expect(second).toMatchObject({ id: first.id, value: '2001:db8::/48', reason: 'flood' })
  })

  it('are refused if the address is not valid', async () => {
    await expect(test.store.bans.create(ban('address', '300.1.1.1'))).rejects.toThrow(BadBanValue)
  })

  it('made on another node are in force within seconds', async () => {
    const other = await openTestStore(test.connection, test.dataDir)
    await other.bans.create(ban('user', 'oscar'))
    await other.stop()
    await until('the other node’s ban', () => test.store.banCache.user('oscar') !== undefined)
    expect(test.store.banCache.user('oscar')?.kind).toBe('user')
  })
})

describe('room states', () => {
  const closed = { reason: 'cleaning', message: null, by: 'ada', at: 1, reopensAt: null }

  it('last until the room is reopened, which returns the earlier state', async () => {
    const { roomStates, roomStateCache } = test.store
    await roomStates.close('chat:lobby', closed)
    await roomStateCache.refresh()
    expect(roomStateCache.closed('chat:lobby')).toEqual(closed)
    expect([...roomStateCache.all()].map(([room]) => room)).toEqual(['chat:lobby'])
    expect(await roomStates.reopen('chat:lobby')).toEqual(closed)
    await roomStateCache.refresh()
    expect(roomStateCache.closed('chat:lobby')).toBeUndefined()
    expect(await roomStates.reopen('chat:lobby')).toBeUndefined()
  })

  it('end at their reopening time', async () => {
    const { roomStates, roomStateCache } = test.store
    await roomStates.close('chat:late', { ...closed, reopensAt: clock.wallMs() + 60_000 })
    await roomStateCache.refresh()
    expect(roomStateCache.closed('chat:late')).toBeDefined()
    clock.shift(60_000)
    expect(roomStateCache.closed('chat:late')).toBeUndefined()
    expect([...roomStateCache.all()]).toEqual([])
    expect((await roomStates.all()).size).toBe(0)
  })
})
