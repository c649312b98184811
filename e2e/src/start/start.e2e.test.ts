import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tlsFixture } from '../support/tls-fixture.ts'
import { descendantsOf, eventually, npmStart, stillAlive, type Started } from './npm-start.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const freePorts = { GATEWAY_PORT: '0', CONTROL_PORT: '0' }

// The clone is already installed and built. These tests try only the start itself, on data of its own.
describe.runIf(process.platform === 'linux')('npm start', () => {
  let folder: string
  let dataDir: string
  let refusedDir: string
  let running: Started | undefined

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-start-'))
    chmodSync(folder, 0o711)
    dataDir = join(folder, 'data')
  })

  beforeEach(() => {
    refusedDir = join(mkdtempSync(join(folder, 'refused-')), 'data')
  })

  afterEach(async () => {
    if (running === undefined) return
    const pids = [running.pid, ...descendantsOf(running.pid)]
    for (const pid of pids) if (stillAlive([pid]).length > 0) process.kill(pid, 'SIGKILL')
    await eventually(
      () => (stillAlive(pids).length === 0 ? true : undefined),
      () => 'processes of the test',
    )
    running = undefined
  })

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const begin = (env: Record<string, string> = {}): Started => {
    running = npmStart(repository, { ...freePorts, DATA_DIR: dataDir, ...env })
    return running
  }
  const listening = async (env: Record<string, string> = {}): Promise<Started> => {
    const started = begin(env)
    await eventually(() => (controlUrl(started) === undefined ? undefined : true), started.output, 60_000)
    return started
  }

  it('prints its addresses and a one-time sign-in link, and starts again on the same data within 5 s', async () => {
    const first = await listening()
    // A log line names the address before the greeting does, which ends with the link.
    await eventually(() => (/sign-in/i.test(first.output()) ? true : undefined), first.output)
    expect(first.output()).toMatch(/ws:\/\/127\.0\.0\.1:\d+\/ws/)
    process.kill(first.pid, 'SIGTERM')
    expect(await first.ended).toBe(0)
    const startedAt = performance.now()
    await listening()
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it.each<[string, NodeJS.Signals, (started: Started) => number]>([
    ["TERM to npm's process only", 'SIGTERM', ({ pid }) => pid],
    ['TERM to the process group', 'SIGTERM', ({ pid }) => -pid],
    ['INT to the process group', 'SIGINT', ({ pid }) => -pid],
  ])('drains at %s, exits 0 and leaves no process, lock or socket', async (_, signal, target) => {
    const started = await listening()
    const pids = [started.pid, ...descendantsOf(started.pid)]
    expect(pids.length).toBeGreaterThan(4)
    process.kill(target(started), signal)
    expect(await started.ended).toBe(0)
    expect(stillAlive(pids)).toEqual([])
    expect(existsSync(join(dataDir, 'node.pid'))).toBe(false)
    expect(existsSync(join(dataDir, 'run'))).toBe(false)
  })

  it('leaves no process when the whole group is killed, and starts again', async () => {
    const started = await listening()
    const pids = descendantsOf(started.pid)
    process.kill(-started.pid, 'SIGKILL')
    await eventually(() => (stillAlive(pids).length === 0 ? true : undefined), started.output)
    const again = await listening()
    expect(again.output()).not.toBe('')
  })

  it('refuses a DATA_DIR that another node holds, and names its process', async () => {
    const first = await listening()
    const second = npmStart(repository, { ...freePorts, DATA_DIR: dataDir })
    expect(await second.ended).not.toBe(0)
    expect(second.output()).toMatch(/DATA_DIR .* in use by process \d+/)
    expect(stillAlive([first.pid])).toEqual([first.pid])
  })

  it.each(['GATEWAY_PORT', 'CONTROL_PORT'])('refuses a %s in use in one line that names it', async (variable) => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    try {
      expect(await refusalOf(begin({ DATA_DIR: refusedDir, [variable]: String(port) }))).toMatch(
        new RegExp(`^${variable}.*${port}.*$`),
      )
    } finally {
      server.close()
    }
  })

  it.each<[string, () => Record<string, string>, RegExp]>([
    ['a bad variable', () => ({ DRAIN_GRACE: 'soon' }), /DRAIN_GRACE is "soon"/],
    ['a DATA_DIR that cannot be created', () => ({ DATA_DIR: fileInTheWay(folder) }), /DATA_DIR .* cannot be written/],
    [
      'a database that does not answer',
      () => ({ DATABASE_URL: 'postgres://gatehouse:hunter2@127.0.0.1:1/gatehouse' }),
      /DATABASE_URL/,
    ],
    ['an invalid certificate', () => tlsOf(garbage(folder), tlsFixture.key), /^TLS_CERT /],
    ['an invalid private key', () => tlsOf(tlsFixture.cert, garbage(folder)), /^TLS_KEY /],
    ['a missing key set', () => ({ JWT_JWKS: '/nowhere/jwks.json' }), /^JWT_JWKS .*\/nowhere\/jwks\.json/],
    ['room types that are not JSON', () => ({ GATEHOUSE_CONFIG: garbage(folder) }), /^GATEHOUSE_CONFIG .*is not JSON/],
  ])('refuses %s in one line and leaves nothing half-started', async (_, env, expected) => {
    const started = begin({ DATA_DIR: refusedDir, ...env() })
    expect(await refusalOf(started)).toMatch(expected)
    expect(started.output()).not.toContain('hunter2')
  })

  /** What a start that must fail printed: exactly one line, with nothing left behind. */
  async function refusalOf(started: Started): Promise<string> {
    expect(await started.ended).not.toBe(0)
    expect([join(refusedDir, 'node.pid'), join(refusedDir, 'run')].filter((path) => existsSync(path))).toEqual([])
    const lines = started
      .output()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('npm '))
    expect(lines).toHaveLength(1)
    return lines[0] ?? ''
  }
})

function controlUrl({ output }: Started): string | undefined {
  return /http:\/\/127\.0\.0\.1:\d+/.exec(output())?.[0]
}

function tlsOf(certFile: string, keyFile: string): Record<string, string> {
  return { TLS_CERT: certFile, TLS_KEY: keyFile }
}

function garbage(folder: string): string {
  const file = join(folder, 'garbage')
  writeFileSync(file, 'neither PEM nor JSON')
  return file
}

function fileInTheWay(folder: string): string {
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  return join(file, 'data')
}
