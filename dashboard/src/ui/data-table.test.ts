import { flushSync, mount, unmount } from 'svelte'
import { describe, expect, it } from 'vitest'
import TableInFrame from '../../test/TableInFrame.svelte'
import { ApiError } from '../live/api.js'
import { PagedList } from '../live/paged-list.svelte.js'

const turn = (): Promise<void> => new Promise((done) => setTimeout(done))

describe('a table', () => {
  it('asks for the next page once, also when that fails', async () => {
    let asked = 0
    const ask = async ({ cursor }: { cursor: string | null }) => {
      asked += 1
      await turn()
      if (cursor !== null) throw new ApiError(503, 'unavailable', 'The store is down.')
      return { items: [{ id: 'a' }], total: 2, next: '1', nodes: { answered: 1, of: 1 } }
    }
    const list = new PagedList(ask, (row) => row.id)
    await list.open({ filter: '', sort: null })
    const shown = mount(TableInFrame, { target: document.body, props: { list } })
    for (let turns = 0; turns < 9; turns++) {
      flushSync()
      await turn()
    }
    expect([asked, list.failure?.status]).toEqual([2, 503])
    await unmount(shown)
  })
})
