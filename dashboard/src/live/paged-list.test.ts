import { describe, expect, it } from 'vitest'
import { ApiError } from './api.js'
import { PagedList, type PageRequest } from './paged-list.svelte.js'

interface Row {
  readonly id: string
}

function listOf(total: number) {
  const requests: PageRequest[] = []
  const ask = async (request: PageRequest) => {
    requests.push(request)
    if (request.filter === 'bad') throw new ApiError(400, 'bad_filter', 'There is no field bad.')
    const from = Number(request.cursor ?? 0)
    const to = Math.min(total, from + request.limit)
    const items = Array.from({ length: to - from }, (_, index): Row => ({ id: String(from + index) }))
    return { items, total, ...(to < total ? { next: String(to) } : {}), nodes: { answered: 1, of: 1 } }
  }
  return { list: new PagedList<Row>(ask, (row) => row.id), requests }
}

describe('a list of the server', () => {
  it('loads page after page and counts rows that are not loaded', async () => {
    const { list } = listOf(250)
    await list.open({ filter: '', sort: null })
    expect([list.table.rows.length, list.total, list.isExact]).toEqual([100, 250, true])
    await list.more()
    await list.more()
    await list.more()
    expect(list.table.rows.length).toBe(250)
  })

  it('refreshes all loaded rows, up to what one request returns', async () => {
    const { list, requests } = listOf(900)
    await list.open({ filter: 'user:a', sort: '-pendingBytes' })
    await list.more()
    await list.refresh()
    expect(requests.at(-1)).toEqual({ filter: 'user:a', sort: '-pendingBytes', limit: 200, cursor: null })
    for (let page = 0; page < 4; page++) await list.more()
    const before = requests.length
    await list.refresh()
    expect(requests.length).toBe(before)
  })

  it('says why a filter was refused and keeps the rows that were there', async () => {
    const { list } = listOf(10)
    await list.open({ filter: '', sort: null })
    await list.open({ filter: 'bad', sort: null })
    expect(list.refused).toBe('There is no field bad.')
    expect(list.table.rows.length).toBe(10)
  })
})
