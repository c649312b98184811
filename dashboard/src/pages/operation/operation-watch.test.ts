import type { BurnPoint, Operation, OperationDetail, OperationTick } from '@gatehouse/protocol/rest'
import { beforeEach, describe, expect, it } from 'vitest'
import { Api } from '../../live/api.js'
import type { Live } from '../../live/live.svelte.js'
import { OperationWatch } from './operation-watch.svelte.js'

const point = (at: number): BurnPoint => ({ at, remaining: 5, planned: 5, closes: 1, target: 1 })
const operation = (state: Operation['state']): Operation => ({ id: 'op_1', state }) as Operation
const detail = (state: Operation['state']): OperationDetail => ({
  ...operation(state),
  burnDown: [point(1)],
  stragglers: [{ id: 'c1', user: null, why: 'reads too slowly', pendingBytes: 1 }],
  codes: { 4503: 2 },
})

describe('a watched operation', () => {
  let watch: OperationWatch
  let requests: string[]
  let answer: OperationDetail | null
  let tick: (tick: OperationTick) => void
  const settled = (): Promise<void> => new Promise((done) => setTimeout(done))

  beforeEach(async () => {
    requests = []
    answer = detail('run')
    const api = new Api(async (path, init) => {
      requests.push(`${init?.method} ${path as string}`)
      return new Response(JSON.stringify(answer), { status: answer === null ? 503 : 200 })
    })
    const live = { watch: (_: string, onData: typeof tick) => ((tick = onData), () => {}) }
    watch = new OperationWatch(api, live as unknown as Live, 'op_1')
    watch.start()
    await settled()
  })
  const send = (state: Operation['state'], at: number | null): void =>
    tick({ at: 9, operation: operation(state), point: at === null ? null : point(at) })

  it('takes each tick, keeps what only an answer tells, and adds a point once', () => {
    send('pause', 2)
    send('pause', 2)
    expect(watch.answer.value).toMatchObject({ state: 'pause', stragglers: [{ id: 'c1' }], codes: { 4503: 2 } })
    expect(watch.answer.value?.burnDown.map(({ at }) => at)).toEqual([1, 2])
  })

  it('shows what ticks tell while questions fail', async () => {
    answer = null
    watch.answer.clear()
    watch.answer.retry()
    await settled()
    expect(watch.answer.failure?.status).toBe(503)
    send('run', 3)
    expect(watch.answer.value).toMatchObject({ state: 'run', stragglers: [], burnDown: [{ at: 3 }] })
    expect(watch.isRunning).toBe(true)
  })

  it('asks once more when it has ended, for its stragglers and codes', async () => {
    expect([watch.isRunning, requests.length]).toEqual([true, 1])
    answer = { ...detail('done'), stragglers: [] }
    send('done', null)
    send('done', null)
    await settled()
    expect([watch.isRunning, requests]).toEqual([false, ['GET /v1/operations/op_1', 'GET /v1/operations/op_1']])
    expect(watch.answer.value?.stragglers).toEqual([])
  })

  it('asks for the new state after an act, and says why an act was not done', async () => {
    answer = detail('pause')
    expect(await watch.act('pause')).toBe(true)
    expect(requests.slice(1)).toEqual(['POST /v1/operations/op_1/pause', 'GET /v1/operations/op_1'])
    expect(watch.answer.value?.state).toBe('pause')
    answer = null
    expect(await watch.setRate(5)).toBe(false)
    expect(watch.action.failure).toMatch(/answered 503/)
  })
})
