import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import { Shutdown, type ShutdownStep } from './shutdown.js'
import { EngineRig } from '../testing/engine-rig.js'

/** A shutdown over an engine, with steps that note when they ran. */
function prepare(rig: EngineRig, graceMs = 25_000, steps?: readonly ShutdownStep[]) {
  const done: string[] = []
  const exits: number[] = []
  const warnings: string[] = []
  const step = (name: string): ShutdownStep => ({
    name,
    run: async () => done.push(`${name} at ${rig.hub.connections.size}`),
  })
  const shutdown = new Shutdown(
    {
      clock: rig.clock,
      drain: (signal, grace) => rig.engine.shutdown(signal, grace),
      hasten: (grace) => rig.engine.hastenShutdown(grace),
      steps: steps ?? ['jobs', 'app', 'dashboards', 'PostgreSQL'].map(step),
      exit: (code) => exits.push(code),
      log: { info: () => undefined, warn: (message) => warnings.push(message) },
    },
    graceMs,
  )
  return { shutdown, done, exits, warnings }
}

/** Lets time pass in small steps, with room for promises between them. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) {
    clock.advance(Math.min(20, ms - passed))
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
}

describe('a stop signal', () => {
  test('drains the clients over the grace, then ends everything in order, and exits 0', async () => {
    const rig = new EngineRig()
    const clients = rig.connect(170)
    const { shutdown, done, exits } = prepare(rig)
    void shutdown.signal('SIGTERM')
    expect([rig.nodeState.isReady, rig.nodeState.isAccepting]).toEqual([false, false])
    expect(clients.every(({ socket }) => socket.of('drain').length === 1)).toBe(true)
    await pass(rig.clock, 960)
    expect(rig.hub.connections.size).toBe(170)
    await pass(rig.clock, 8540)
    expect(rig.hub.connections.size).toBeGreaterThan(75)
    expect(rig.hub.connections.size).toBeLessThan(95)
    await pass(rig.clock, 9000)
    expect(done).toEqual(['jobs at 0', 'app at 0', 'dashboards at 0', 'PostgreSQL at 0'])
    expect(exits).toEqual([0])
    expect(clients[0]?.socket.closed?.code).toBe(1012)
    expect(rig.test.records.of(clients[0]!.c.id).reason).toBe('server_shutdown')
  })

  test('with nothing open ends at once', async () => {
    const rig = new EngineRig()
    const { shutdown, exits } = prepare(rig)
    await shutdown.signal('SIGINT')
    expect([exits, rig.clock.nowMs()]).toEqual([[0], 0])
  })

  test('is over as soon as the last client has left', async () => {
    const rig = new EngineRig()
    const clients = rig.connect(3)
    const { shutdown, exits } = prepare(rig)
    void shutdown.signal('SIGTERM')
    await pass(rig.clock, 200)
    for (const client of clients) rig.leave(client, 1001)
    await pass(rig.clock, 300)
    expect(exits).toEqual([0])
  })

  test('ends within the grace though no client answers', async () => {
    const rig = new EngineRig()
    for (const client of rig.connect(50)) rig.deafen(client)
    const { shutdown, exits } = prepare(rig, 10_000)
    void shutdown.signal('SIGTERM')
    await pass(rig.clock, 9900)
    expect([exits, rig.hub.connections.size]).toEqual([[0], 0])
  })

  test.each([2000, 5000, 12_000, 25_000])(
    'of a grace of %i ms empties the node before the grace ends',
    async (graceMs) => {
      const rig = new EngineRig()
      rig.connect(200).forEach((client, i) => i % 2 === 0 && rig.deafen(client))
      const over = rig.engine.shutdown('SIGTERM', graceMs)
      rig.clock.advance(graceMs)
      expect(await over).toMatchObject({
        state: 'done',
        progress: { unaccounted: 0, buckets: { closedClean: 100, forced: 100 } },
      })
    },
  )

  test('that comes again within 2 s is the same signal; later it leaves 2 s', async () => {
    const rig = new EngineRig()
    rig.connect(500)
    const { shutdown, exits } = prepare(rig)
    void shutdown.signal('SIGINT')
    void shutdown.signal('SIGTERM')
    await pass(rig.clock, 1900)
    await shutdown.signal('SIGINT')
    await pass(rig.clock, 1100)
    expect(rig.hub.connections.size).toBeGreaterThan(400)
    await shutdown.signal('SIGINT')
    await pass(rig.clock, 2000)
    expect([exits, rig.hub.connections.size]).toEqual([[0], 0])
  })

  test('that comes again cuts the wait for clients that do not answer', async () => {
    const rig = new EngineRig()
    for (const client of rig.connect(50)) rig.deafen(client)
    const { shutdown, exits, warnings } = prepare(rig, 60_000)
    void shutdown.signal('SIGINT')
    await pass(rig.clock, 3000)
    await shutdown.signal('SIGINT')
    await pass(rig.clock, 2000)
    expect(exits).toEqual([0])
    expect(warnings.length).toBeLessThanOrEqual(2)
  })

  test('goes on when a step fails or hangs', async () => {
    const rig = new EngineRig()
    const ran: string[] = []
    const steps: ShutdownStep[] = [
      { name: 'broken', run: () => Promise.reject(new Error('no')) },
      { name: 'hanging', run: () => new Promise(() => undefined) },
      { name: 'PostgreSQL', run: async () => ran.push('PostgreSQL') },
    ]
    const { shutdown, exits, warnings } = prepare(rig, 5000, steps)
    void shutdown.signal('SIGTERM')
    await pass(rig.clock, 5200)
    expect([ran, exits]).toEqual([['PostgreSQL'], [0]])
    expect(warnings).toEqual(['broken failed: no', 'hanging did not end in time and is left behind'])
  })

  test('takes over a drain that runs: both balance, and the operator’s still holds', async () => {
    const rig = new EngineRig()
    rig.connect(60)
    const drain = await rig.drain({ rate: 1 })
    rig.clock.advance(10_000)
    const over = rig.engine.shutdown('SIGTERM', 12_000)
    rig.clock.advance(12_000)
    const shutdown = await over
    expect(shutdown).toMatchObject({
      state: 'done',
      holds: false,
      progress: { unaccounted: 0, buckets: { remaining: 0 } },
    })
    expect(await rig.engine.get(drain.id)).toMatchObject({
      state: 'done',
      holds: true,
      progress: { unaccounted: 0, buckets: { remaining: 0 } },
    })
  })
})
