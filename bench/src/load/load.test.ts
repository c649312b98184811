import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { servers, type Server, type ServerName } from '../servers.ts'
import { connects } from './connects.ts'
import { echo } from './echo.ts'
import { fanOut } from './fan-out.ts'

const peers: ServerName[] = ['plain', 'socketIo', 'nest']

describe.each(peers)('the load against %s', (name) => {
  let server: Server
  beforeAll(async () => {
    server = await servers[name]()
  })
  afterAll(() => server.stop())

  it('receives every message once for every member, at the offered rate', async () => {
    const measured = await fanOut({
      kind: 'fanOut',
      target: server.target,
      rooms: 1,
      membersEach: 25,
      messagesPerSecond: 100,
      warmMs: 100,
      measureMs: 1000,
    })
    expect(measured.deliveredInAll).toBe((measured.published ?? 0) * 25)
    expect(measured.done / measured.seconds / 25).toBeGreaterThan(85)
    expect(measured.done / measured.seconds / 25).toBeLessThan(115)
    expect(measured.latencyMs.samples).toBeGreaterThan(100)
    expect(measured.latencyMs.p50).toBeLessThan(measured.latencyMs.p99 + 0.001)
    expect(measured.latencyMs.p99).toBeLessThan(measured.latencyMs.p999 + 0.001)
    expect(measured.serverCpuMs).toBeGreaterThan(0)
  })

  it('sends to each of several rooms in turn, and samples their members', async () => {
    const measured = await fanOut({
      kind: 'fanOut',
      target: server.target,
      rooms: 10,
      membersEach: 5,
      messagesPerSecond: 200,
      warmMs: 0,
      measureMs: 500,
    })
    expect(measured.deliveredInAll).toBe((measured.published ?? 0) * 5)
    expect((measured.offered ?? 0) / measured.seconds / 5).toBeGreaterThan(170)
    // Three of the fifty members are sampled, each in a room of its own.
    expect(measured.latencyMs.samples).toBeGreaterThan((measured.published ?? 0) * 0.2)
    expect(measured.latencyMs.samples).toBeLessThan((measured.published ?? 0) * 0.4)
  })

  it('counts one reply for each publish', async () => {
    const order = {
      kind: 'echo',
      target: server.target,
      connections: 3,
      outstanding: 2,
      warmMs: 50,
      measureMs: 400,
    } as const
    const measured = await echo(order)
    expect(measured.done).toBeGreaterThan(50)
    expect(Math.abs(measured.done - measured.latencyMs.samples)).toBeLessThanOrEqual(6)
    expect(measured.latencyMs.p50).toBeGreaterThan(0)
  })

  it('counts the connections that were opened', async () => {
    const measured = await connects({ kind: 'connects', target: server.target, count: 40, atOnce: 8 })
    expect([measured.done, measured.latencyMs.samples]).toEqual([40, 40])
  })
})
