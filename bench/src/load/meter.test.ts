import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { Meter } from './meter.ts'
import { descendantsCpuMs } from './process-cpu.ts'

const BURNT_MS = 300
const WORK = `const until = process.cpuUsage().user + ${BURNT_MS * 1000}; while (process.cpuUsage().user < until);`

it('charges work of any other process to neither the server nor the load', async () => {
  const server = spawn(process.execPath, ['-e', 'process.stdin.resume(); process.stdout.write("ready")'])
  try {
    await once(server.stdout, 'data')
    const meter = new Meter({ url: '', pid: server.pid ?? -1, dialect: 'plain' })
    await once(spawn(process.execPath, ['-e', WORK]), 'exit')
    const { serverCpuMs, loadCpuMs, otherCpuMs, seconds, marks } = meter.effort()
    expect(otherCpuMs).toBeGreaterThan(BURNT_MS * 0.8)
    expect(serverCpuMs + loadCpuMs).toBeLessThan(BURNT_MS)
    expect(otherCpuMs / 1000 / seconds > 0.15).toBe(marks.includes('disturbed'))
  } finally {
    const ended = once(server, 'exit')
    server.kill()
    await ended
  }
})

it('counts what the children of a process took, and their children, also when they have ended', async () => {
  const family = (words: string): string =>
    `const { spawnSync } = require('node:child_process'); spawnSync(process.execPath, ['-e', ${JSON.stringify(words)}])`
  const program = `${family(family(WORK))}; process.stdout.write('ready'); process.stdin.resume()`
  const server = spawn(process.execPath, ['-e', program])
  try {
    await once(server.stdout, 'data')
    expect(descendantsCpuMs(server.pid ?? -1)).toBeGreaterThan(BURNT_MS * 0.8)
  } finally {
    const ended = once(server, 'exit')
    server.kill()
    await ended
  }
})

it('counts what a child takes that still runs', async () => {
  const program = `${WORK} process.stdout.write('ready'); process.stdin.resume()`
  const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(program)}], { stdio: 'inherit' })`
  const server = spawn(process.execPath, ['-e', parent])
  try {
    await once(server.stdout, 'data')
    expect(descendantsCpuMs(server.pid ?? -1)).toBeGreaterThan(BURNT_MS * 0.8)
  } finally {
    const ended = once(server, 'close')
    server.stdin.end()
    await ended
  }
})
