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
      members: 25,
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
