import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { descendantsOf, eventually, npmStart, stillAlive, type Started } from './npm-start.ts'

/** Prints the signals it gets; ends with EXIT_CODE 300 ms after the first, or with HOLD after the second. */
const standIn = `
  console.log('ready', process.pid)
  let heard = 0
  const hear = (signal) => {
    console.log('heard', signal)
    heard += 1
    const isLast = process.env.HOLD === undefined || heard === 2
    if (isLast) setTimeout(() => process.exit(Number(process.env.EXIT_CODE ?? 0)), 300)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, () => hear(signal))
  setInterval(() => undefined, 1000)`

const forward = fileURLToPath(new URL('../../../scripts/forward.mjs', import.meta.url))
const starter = `
  import { runForwarded } from ${JSON.stringify(forward)}
  process.exitCode = await runForwarded({ file: process.execPath, args: ['node.mjs'], env: process.env })`

// The same script line as the real npm start, with a node that only prints the signals it gets.
describe.runIf(process.platform === 'linux')('npm start, as its node sees it', () => {
  let folder: string
  let running: Started | undefined

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-signals-'))
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { start: 'exec node start.mjs' } }))
    writeFileSync(join(folder, 'start.mjs'), starter)
    writeFileSync(join(folder, 'node.mjs'), standIn)
  })

  afterEach(() => {
    for (const pid of running === undefined ? [] : [running.pid, ...descendantsOf(running.pid)]) kill(pid, 'SIGKILL')
    running = undefined
  })

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const ready = async (env: Record<string, string> = {}): Promise<Started> => {
    const started = npmStart(folder, env)
    running = started
    await eventually(() => (started.output().includes('ready') ? true : undefined), started.output)
    return started
  }
  const heard = ({ output }: Started): string[] =>
    [...output().matchAll(/heard (\w+)/g)].map(([, signal = '']) => signal)

  it.each<[string, NodeJS.Signals, (started: Started) => void]>([
    ["TERM to npm's process only", 'SIGTERM', ({ pid }) => kill(pid, 'SIGTERM')],
    ['TERM to the process group', 'SIGTERM', ({ pid }) => kill(-pid, 'SIGTERM')],
    ['INT to the process group, as Ctrl-C sends it', 'SIGINT', ({ pid }) => kill(-pid, 'SIGINT')],
  ])('%s arrives once, ends with 0 and leaves no process', async (_, signal, send) => {
    const started = await ready()
    const pids = [started.pid, ...descendantsOf(started.pid)]
    send(started)
    expect(await started.ended).toBe(0)
    expect(heard(started)).toEqual([signal])
    expect(stillAlive(pids)).toEqual([])
  })

  it('a hang-up of the terminal sends the node SIGTERM', async () => {
    const started = await ready()
    kill(-started.pid, 'SIGHUP')
    await eventually(() => (heard(started).length > 0 ? true : undefined), started.output)
    expect(heard(started)).toEqual(['SIGTERM'])
  })

  it('further signals within two seconds are ignored, a later one is forwarded', async () => {
    const started = await ready({ HOLD: '1' })
    kill(-started.pid, 'SIGTERM')
    await delay(1_000)
    kill(-started.pid, 'SIGINT')
    await delay(1_200)
    expect(heard(started)).toEqual(['SIGTERM'])
    kill(-started.pid, 'SIGINT')
    await started.ended
    expect(heard(started)).toEqual(['SIGTERM', 'SIGINT'])
  })

  it('SIGKILL to npm sends the node SIGTERM', async () => {
    const started = await ready()
    const pids = descendantsOf(started.pid)
    kill(started.pid, 'SIGKILL')
    await eventually(() => (stillAlive(pids).length === 0 ? true : undefined), started.output)
    expect(heard(started)).toEqual(['SIGTERM'])
  })

  it('SIGKILL to the whole process group closes the channel to the node, which then ends', async () => {
    const started = await ready()
    const pids = descendantsOf(started.pid)
    kill(-started.pid, 'SIGKILL')
    await eventually(() => (stillAlive(pids).length === 0 ? true : undefined), started.output)
    expect(heard(started)).toEqual(['disconnect'])
  })

  it('exits with the exit code of the node', async () => {
    const started = await ready({ EXIT_CODE: '7' })
    kill(started.pid, 'SIGTERM')
    expect(await started.ended).toBe(7)
  })
})

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}
