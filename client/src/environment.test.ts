import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemEnvironment } from './environment.js'
import { connectOk, FakeEnvironment, start, started } from './testing.js'

const inEnvironment = () => {
  const environment = new FakeEnvironment()
  return { environment, options: { environment } }
}

describe('without a network', () => {
  it('makes no attempt until the network is back, then opens at once and resets its waits', async () => {
    const { environment, options } = inEnvironment()
    const { connection, newest, made, clock } = await started(options)
    environment.online = false
    await newest().lose(1006)
    await clock.pass(3_600_000)
    expect([made.length, connection.state]).toEqual([1, 'waiting'])
    await environment.wake('online')
    await clock.pass(0)
    expect(made).toHaveLength(2)
    const waits: unknown[] = []
    connection.on('disconnect', ({ reconnectInMs }) => waits.push(reconnectInMs))
    await newest().accept()
    await newest().lose(1006)
    expect(waits).toEqual([250])
  })

  it('does not ask why an opening failed', async () => {
    const { environment, options } = inEnvironment()
    let asked = 0
    const { newest } = start({ ...options, fetch: async () => Promise.reject(new Error(String((asked += 1)))) })
    environment.online = false
    await newest().lose(1006)
    expect(asked).toBe(0)
  })

  it('keeps the minimum wait that the server asked for when the network is back', async () => {
    const { environment, options } = inEnvironment()
    const { newest, made, clock } = await started(options)
    const end = { code: 1012, reason: 'drain', connection: 'cn_1', retryAfterMs: 4000, sentence: 's' }
    await newest().frame({ event: 'disconnect', ...end })
    await newest().lose(1012, 'drain cn_1')
    await clock.pass(1000)
    await environment.wake('online')
    await clock.pass(2999)
    expect(made).toHaveLength(1)
    await clock.pass(1)
    expect(made).toHaveLength(2)
  })

  it('gives up an opening that has hung since before the outage', async () => {
    const { environment, options } = inEnvironment()
    const { made, clock } = start(options)
    await environment.wake('online')
    await clock.pass(0)
    expect([made.length, made[0]?.closed]).toEqual([2, { code: 1000 }])
  })
})

describe.each(['online', 'visible'] as const)('when the page wakes up (%s)', (cause) => {
  it('checks the connection at once, and gives it up 5 s later without an answer', async () => {
    const { environment, options } = inEnvironment()
    const { connection, newest, made, clock } = await started(options)
    await environment.wake(cause)
    expect(newest().sent.filter(({ event }) => event === 'ping')).toHaveLength(1)
    await clock.pass(4999)
    expect(connection.state).toBe('open')
    await clock.pass(1)
    expect([connection.state, made[0]?.closed]).toEqual(['waiting', { code: 3000 }])
  })

  it('keeps a connection that answers', async () => {
    const { environment, options } = inEnvironment()
    const { connection, newest, clock } = await started(options)
    await environment.wake(cause)
    await newest().reply('ping', { ok: {} })
    await clock.pass(24_000)
    expect(connection.state).toBe('open')
  })

  it('opens at once instead of later', async () => {
    const { environment, options } = inEnvironment()
    const { newest, made, clock } = await started({ ...options, random: () => 0.999 })
    await newest().lose(1006)
    await environment.wake(cause)
    await clock.pass(0)
    expect(made).toHaveLength(2)
    await newest().accept()
    await newest().reply('connect', { ok: connectOk() })
    await clock.pass(10_000)
    expect(made).toHaveLength(2)
  })

  it('does not open a closed connection, and stops listening', async () => {
    const { environment, options } = inEnvironment()
    const { connection, newest, made, clock } = await started(options)
    await newest().lose(4504, 'kicked cn_1')
    await environment.wake(cause)
    await clock.pass(60_000)
    expect([made.length, connection.state, environment.isWatched]).toEqual([1, 'closed', false])
  })
})

describe('the events of the environment', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('are those of the browser, until nobody listens', () => {
    const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
    const machine = new EventTarget()
    vi.stubGlobal('document', page)
    vi.stubGlobal('navigator', { onLine: false })
    vi.stubGlobal('addEventListener', machine.addEventListener.bind(machine))
    vi.stubGlobal('removeEventListener', machine.removeEventListener.bind(machine))
    const woken: string[] = []
    const stop = systemEnvironment.watch((cause) => woken.push(cause))
    page.dispatchEvent(new Event('visibilitychange'))
    page.visibilityState = 'visible'
    page.dispatchEvent(new Event('visibilitychange'))
    machine.dispatchEvent(new Event('online'))
    stop()
    machine.dispatchEvent(new Event('online'))
    expect([systemEnvironment.isOnline(), woken]).toEqual([false, ['visible', 'online']])
  })

  it('do not exist in Node, which is always online', () => {
    systemEnvironment.watch(() => expect.unreachable())()
    expect(systemEnvironment.isOnline()).toBe(true)
  })
})
