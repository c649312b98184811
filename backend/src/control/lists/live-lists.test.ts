import { parseFilter } from '@gatehouse/protocol/rest'
import { describe, expect, it } from 'vitest'
import { fieldFilter } from './filter-fields.js'
import type { LiveList } from './list-description.js'
import { LiveLists } from './live-lists.js'

interface Thing {
  id: string
  size: number
  owner: string | null
}

function things(count: number): Map<string, Thing> {
  const all = new Map<string, Thing>()
  for (let n = 0; n < count; n += 1) {
    const id = `t${String(n).padStart(6, '0')}`
    all.set(id, {
      id,
      size: (n * 7919) % count,
      owner: n % 3 === 0 ? null : `user${n % 5}`,
    })
  }
  return all
}

function listOf(all: Map<string, Thing>): LiveList<Thing, string> {
  return {
    all: () => all.values(),
    find: (id) => all.get(id),
    id: (thing) => thing.id,
    filter: fieldFilter({
      fields: {
        owner: { kind: 'text', of: (thing) => thing.owner },
        size: { kind: 'number', of: (thing) => thing.size },
      },
      words: (thing) => [thing.id, thing.owner],
    }),
    sorts: { id: { of: (thing) => thing.id, isLive: false }, size: { of: (thing) => thing.size, isLive: true } },
    defaultSort: 'id',
    facets: { owner: (thing) => thing.owner ?? 'nobody' },
    row: (thing) => thing.id,
  }
}

const ask = (filter = '', more: { sort?: string; limit?: number; cursor?: string } = {}) => {
  const parsed = parseFilter(filter)
  if (parsed.fault !== undefined) throw new Error(parsed.fault)
  return { tokens: parsed.tokens, limit: 100, ...more }
}

async function walk(lists: LiveLists, list: LiveList<Thing, string>, sort: string, limit: number): Promise<string[]> {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await lists.query(list, ask('', { sort, limit, ...(cursor === undefined ? {} : { cursor }) }))
    seen.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined)
  return seen
}

describe('live lists', () => {
  it('page through every row once in order, by a stable field', async () => {
    const all = things(1000)
    expect(await walk(new LiveLists(), listOf(all), 'id', 77)).toEqual([...all.keys()])
    expect(await walk(new LiveLists(), listOf(all), '-id', 77)).toEqual([...all.keys()].toReversed())
  })

  it('count every match, with facets, whatever the page shows', async () => {
    const page = await new LiveLists().query(listOf(things(300)), ask('-owner:user1', { limit: 2 }))
    expect(page.items).toHaveLength(2)
    expect(page.total).toBe(260)
    expect(page.facets?.['owner']).toMatchObject({ nobody: 100 })
    expect(page.nodes).toEqual({ answered: 1, of: 1 })
  })

  it('keep the order of the first page while the value they are sorted by changes', async () => {
    const all = things(500)
    const lists = new LiveLists()
    const first = await lists.query(listOf(all), ask('', { sort: '-size', limit: 50 }))
    const expected = [...all.values()].sort((a, b) => b.size - a.size).map(({ id }) => id)
    for (const thing of all.values()) thing.size = 500 - thing.size
    const second = await lists.query(listOf(all), ask('', { sort: '-size', limit: 50, cursor: first.next as string }))
    expect([...first.items, ...second.items]).toEqual(expected.slice(0, 100))
  })

  it('show each row once even when there are more rows than one order freezes', async () => {
    const all = things(12_000)
    const seen = await walk(new LiveLists(), listOf(all), 'size', 500)
    expect(seen).toHaveLength(12_000)
    expect(new Set(seen).size).toBe(12_000)
  })

  it('leave out rows of a frozen order that no longer exist', async () => {
    const all = things(20)
    const lists = new LiveLists()
    const first = await lists.query(listOf(all), ask('', { sort: 'size', limit: 5 }))
    const gone = [...all.values()].find(({ size }) => size === 5) as Thing
    all.delete(gone.id)
    const second = await lists.query(listOf(all), ask('', { sort: 'size', limit: 5, cursor: first.next as string }))
    expect(second.items).toHaveLength(5)
    expect(second.items).not.toContain(gone.id)
  })

  it.each([
    ['owner:user1,user2', 2],
    ['owner:user*', 4],
    ['owner:*er1', 1],
    ['owner:u*r2', 1],
    ['owner:u*2*2', 0],
    ['-owner:user1', 5],
    ['size:>2', 3],
    ['size:<2', 2],
    ['t000003', 1],
    ['USER2', 1],
  ])('understand the filter %s', async (filter, count) => {
    const page = await new LiveLists().query(listOf(things(6)), ask(filter))
    expect(page.total).toBe(count)
  })

  it.each(['colour:red', 'size:big', 'owner:>5', 'text:>5'])('refuse the filter %s', async (filter) => {
    await expect(new LiveLists().query(listOf(things(3)), ask(filter))).rejects.toMatchObject({
      status: 400,
      code: 'bad_request',
    })
  })

  it('refuse orders and cursors they do not know', async () => {
    const lists = new LiveLists()
    const list = listOf(things(30))
    const { next } = await lists.query(list, ask('', { sort: 'id', limit: 5 }))
    await expect(lists.query(list, ask('', { sort: 'colour' }))).rejects.toMatchObject({ status: 400 })
    await expect(lists.query(list, ask('', { sort: '-id', cursor: next as string }))).rejects.toMatchObject({
      status: 400,
    })
    await expect(lists.query(list, ask('', { cursor: 'nonsense' }))).rejects.toMatchObject({ status: 400 })
  })

  it('let timers and sockets run between slices of a long query', async () => {
    const slow = listOf(things(3000))
    const list: LiveList<Thing, string> = {
      ...slow,
      facets: {
        owner: (thing) => {
          for (const end = performance.now() + 0.02; performance.now() < end;);
          return thing.owner ?? ''
        },
      },
    }
    let turns = 0
    const counter = setInterval(() => (turns += 1), 1)
    await new LiveLists().query(list, ask())
    clearInterval(counter)
    expect(turns).toBeGreaterThan(10)
  })

  it('name a client that calls itself __proto__ like any other', async () => {
    const all = things(1)
    ;(all.get('t000000') as Thing).owner = '__proto__'
    const page = await new LiveLists().query(listOf(all), ask())
    expect(Object.keys(page.facets?.['owner'] ?? {})).toEqual(['__proto__'])
  })
})
