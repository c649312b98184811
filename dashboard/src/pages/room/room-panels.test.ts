import { flushSync, mount, unmount, type Component } from 'svelte'
import { afterEach, describe, expect, it } from 'vitest'
import { drops, recoveries, roomDetail } from '../../../test/room-detail.ts'
import DropsPanel from './DropsPanel.svelte'
import ResumesPanel from './ResumesPanel.svelte'
import StreamPanel from './StreamPanel.svelte'

const now = Date.UTC(2026, 10, 23, 14, 28, 2)
const shown: Record<string, unknown>[] = []

function show<Props extends Record<string, unknown>>(panel: Component<Props>, props: Props): HTMLElement {
  shown.push(mount(panel, { target: document.body, props }))
  flushSync()
  return document.body
}
const words = (element: Element): string => (element.textContent ?? '').replace(/\s+/g, ' ').trim()

afterEach(async () => {
  await Promise.all(shown.splice(0).map((panel) => unmount(panel)))
})

describe('the stream panel', () => {
  it('shows kind, epoch and offset, and the history held against its limits', () => {
    const room = roomDetail({
      offset: 900,
      history: { count: 200, bytes: 65_536, ageMs: 60_000, heldMessages: 200, heldBytes: 6554, oldestAt: now - 43_000 },
    })
    const body = show(StreamPanel, { room, now })
    expect(words(body)).toContain('recoverable')
    expect(words(body)).toContain('92qsyvb7y3kqm')
    expect(body.querySelector('button')?.getAttribute('aria-label')).toBe('Copy epoch')
    const rows = [...body.querySelectorAll('tbody tr')].map((row) => [...row.children].map(words))
    expect(rows).toEqual([
      ['messages', '', '200', 'of 200'],
      ['bytes', '', '6.4 KiB', 'of 64.0 KiB'],
      ['age', '', '43 s', 'of 1m 00s'],
    ])
    expect(body.querySelectorAll('.is-full')).toHaveLength(1)
  })

  it('says in words that an ephemeral room keeps nothing, and draws no bars', () => {
    const body = show(StreamPanel, { room: roomDetail({ kind: 'ephemeral', epoch: null }), now })
    expect(words(body)).toContain('Messages are numbered, but not kept')
    expect(words(body)).toContain('none yet')
    expect(body.querySelector('table')).toBeNull()
  })
})

describe('the resumes panel', () => {
  it('shows the rate of success and each reason with its sentence', () => {
    const body = show(ResumesPanel, { room: roomDetail({ recoveries: recoveries({ recovered: 985, trimmed: 15 }) }) })
    expect(words(body)).toContain('98.5 %')
    expect(words(body)).toContain('985 of 1,000 got all they missed, 15 did not')
    expect([...body.querySelectorAll('li')].map(words)).toEqual([
      'trimmed 15 Newer messages had pushed out what was missed. Raise history.count or history.bytes of the room type, or HISTORY_BYTES of the node.',
    ])
  })

  it('never rounds up to a hundred percent while somebody lost messages', () => {
    const room = roomDetail({ recoveries: recoveries({ recovered: 99_999, expired: 1 }) })
    expect(words(show(ResumesPanel, { room }))).toContain('99.9 %')
  })

  it('says so when nobody has resumed', () => {
    expect(words(show(ResumesPanel, { room: roomDetail() }))).toContain('Nobody has resumed yet')
  })
})

describe('the panel of lag and drops', () => {
  const deliveries = {
    enqueued: 500,
    written: 480,
    dropped: 12,
    droppedByCause: drops({ slow_consumer: 2, conflated: 10 }),
    discarded: 3,
    queued: 5,
  }

  it('shows what waits and each cause of a drop with its sentence', () => {
    const body = show(DropsPanel, { room: roomDetail({ deliveries }) })
    expect([...body.querySelectorAll('.figures > div')].map(words)).toEqual([
      'queued now 5',
      'dropped 12',
      'discarded 3',
    ])
    expect([...body.querySelectorAll('li .mono')].map(words)).toEqual(['conflated', 'slow_consumer'])
  })

  it('shows how far the members are behind where they confirm what they read', () => {
    const receipts = { acked: 2, members: 3, maxLag: 40, medianLag: 1 }
    const room = { ...roomDetail({ deliveries }), receipts }
    const figures = [...show(DropsPanel, { room }).querySelectorAll('.figures > div')].map(words)
    expect(figures.slice(3)).toEqual(['median lag 1', 'largest lag 40', 'confirmed, of 3 2'])
  })

  it('says so when nothing was dropped', () => {
    expect(words(show(DropsPanel, { room: roomDetail() }))).toContain('No delivery was dropped')
  })
})
