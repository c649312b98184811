import { flushSync } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Router } from '../router.svelte.js'
import { AddressedList } from './addressed-list.svelte.js'
import { Api } from './api.js'
import type { ControlRoom } from './control-room.js'

describe('a list whose filter and order are in the address', () => {
  let requests: string[]
  let router: Router
  let list: AddressedList<{ id: string }>
  let stop: () => void

  beforeEach(() => {
    vi.useFakeTimers()
    requests = []
    history.replaceState(null, '', '/rooms?filter=name:a')
    router = new Router()
    const api = new Api(async (path) => {
      requests.push(path as string)
      return new Response(JSON.stringify({ items: [{ id: 'a' }], total: 1, nodes: { answered: 1, of: 1 } }))
    })
    const room = { api, live: { pausedAt: null }, router } as unknown as ControlRoom
    stop = $effect.root(() => {
      list = new AddressedList(room, { path: '/v1/rooms', idOf: (row) => row.id, sort: '-members', everyMs: 2000 })
    })
  })
  afterEach(() => {
    stop()
    vi.useRealTimers()
    history.replaceState(null, '', '/')
  })
  const pass = async (ms: number): Promise<void> => {
    flushSync()
    await vi.advanceTimersByTimeAsync(ms)
    flushSync()
  }

  it('asks for what the address says, in its own order while the address has none', async () => {
    await pass(0)
    expect(requests).toEqual(['/v1/rooms?filter=name%3Aa&sort=-members&limit=100'])
    expect([list.filter, list.sort, list.table.rows.length]).toEqual(['name:a', '-members', 1])
    router.setQuery({ filter: null, sort: 'name' })
    await pass(0)
    expect(requests.at(-1)).toBe('/v1/rooms?sort=name&limit=100')
  })

  it('asks again at its pace and ends with its component', async () => {
    await pass(1999)
    expect(requests).toHaveLength(1)
    await pass(1)
    expect(requests).toHaveLength(2)
    stop()
    await pass(10_000)
    expect(requests).toHaveLength(2)
  })
})
