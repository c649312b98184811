import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findBinaries } from './binaries.js'
import { startEmbedded, type EmbeddedConnection, type EmbeddedPostgres } from './embedded-postgres.js'
import { isAlive } from './leftovers.js'
import { canRun, runCandidates } from './run-as.js'
import { openTempFolder, testDatabase, testServer } from './testing.js'

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

async function query(connection: EmbeddedConnection, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ ...connection })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

async function until(condition: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`)
    await delay(10)
  }
}

describe('embedded PostgreSQL', () => {
  let dataDir: string
  let running: EmbeddedPostgres | undefined

  beforeAll(() => {
    dataDir = openTempFolder('gatehouse-data-')
  })

  afterEach(async () => {
    await running?.stop()
    running = undefined
  })

  afterAll(() => {
    rmSync(dataDir, { recursive: true, force: true })
  })

  const start = async (): Promise<EmbeddedPostgres> => {
    running = await startEmbedded({ dataDir, log })
    return running
  }

  it('makes a PostgreSQL 18 on the first start and listens on its socket only', async () => {
    const server = await start()
    const [row] = await query(
      server.connection,
      "select current_setting('server_version') as version, current_setting('listen_addresses') as addresses",
    )
    expect(row).toEqual({ version: expect.stringMatching(/^18\./) as unknown, addresses: '' })
    expect(statSync(server.connection.host).mode & 0o777).toBe(0o700)
    expect(statSync(server.dataFolder).mode & 0o777).toBe(0o700)
  })

  it('keeps its data across a stop and is ready again within 2 s', async () => {
    const first = await start()
    await query(first.connection, 'create table kept (n int)')
    await query(first.connection, 'insert into kept values (41)')
    await first.stop()
    const startedAt = performance.now()
    const second = await start()
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(await query(second.connection, 'select n from kept')).toEqual([{ n: 41 }])
  })

  it('leaves no process, socket or pid file behind when stopped', async () => {
    const server = await start()
    const pids = [server.postmasterPid ?? 0, server.supervisorPid ?? 0]
    await server.stop()
    expect(pids.map(isAlive)).toEqual([false, false])
    expect(existsSync(server.connection.host)).toBe(false)
    expect(existsSync(join(server.dataFolder, 'postmaster.pid'))).toBe(false)
  })

  it('starts despite a stale pid file that names an unrelated live process, and despite a stale socket', async () => {
    const stranger = spawn('sleep', ['60'])
    try {
      writeFileSync(join(dataDir, 'pg18', 'postmaster.pid'), `${stranger.pid}\n${join(dataDir, 'pg18')}\n`)
      mkdirSync(join(dataDir, 'run'), { recursive: true })
      writeFileSync(join(dataDir, 'run', '.s.PGSQL.5432'), '')
      writeFileSync(join(dataDir, 'run', '.s.PGSQL.5432.lock'), `${stranger.pid}\n`)
      const watch = { supervisorPid: stranger.pid, nodePid: stranger.pid, socketFolder: join(dataDir, 'run') }
      writeFileSync(join(dataDir, 'postgres.watch.json'), JSON.stringify(watch))
      const server = await start()
      expect(await query(server.connection, 'select 1 as n')).toEqual([{ n: 1 }])
      expect(isAlive(stranger.pid ?? 0)).toBe(true)
    } finally {
      stranger.kill('SIGKILL')
    }
  })

  it('is restarted by its supervisor after a kill -9, with all committed data', async () => {
    const server = await start()
    await query(server.connection, 'create table committed (n int)')
    await query(server.connection, 'insert into committed values (7)')
    const changes: string[] = []
    server.onDown((how) => changes.push(`down: ${how}`))
    server.onUp(() => changes.push('up'))
    process.kill(server.postmasterPid ?? 0, 'SIGKILL')
    await until(() => changes.includes('up'))
    expect(changes).toEqual(['down: signal SIGKILL', 'up'])
    expect(await query(server.connection, 'select n from committed')).toEqual([{ n: 7 }])
  })

  it('gets another supervisor when the first is killed', async () => {
    const server = await start()
    const first = server.supervisorPid ?? 0
    const changes: string[] = []
    server.onDown((how) => changes.push(how))
    server.onUp(() => changes.push('up'))
    process.kill(first, 'SIGKILL')
    await until(() => changes.includes('up'))
    expect(changes).toEqual(['its supervisor ended', 'up'])
    expect(server.supervisorPid).not.toBe(first)
    expect(await query(server.connection, 'select 1 as n')).toEqual([{ n: 1 }])
  })

  it('ends by itself when its node is killed, and the next start finds the data', async () => {
    const node = startInProcess(dataDir)
    const pids = await node.pids
    expect(pids.map(isAlive)).toEqual([true, true])
    node.child.kill('SIGKILL')
    await until(() => !pids.some(isAlive))
    const server = await start()
    expect(await query(server.connection, 'select n from kept')).toEqual([{ n: 41 }])
  })

  it('starts at once after its node was killed, while the old server is still stopping', async () => {
    const node = startInProcess(dataDir)
    await node.pids
    node.child.kill('SIGKILL')
    await once(node.child, 'exit')
    const server = await start()
    expect(await query(server.connection, 'select n from kept')).toEqual([{ n: 41 }])
  })

  it('outlives a signal to the process group of its node', async () => {
    const node = startInProcess(dataDir, { isDetached: true })
    const pids = await node.pids
    process.kill(-(node.child.pid ?? 0), 'SIGINT')
    await once(node.child, 'message')
    expect(pids.map(isAlive)).toEqual([true, true])
    node.child.kill('SIGKILL')
    await until(() => !pids.some(isAlive))
  })

  it('refuses data that a living node uses, and names its process', async () => {
    const node = startInProcess(dataDir)
    await node.pids
    await expect(start()).rejects.toThrow(`in use by process ${node.child.pid}`)
    node.child.kill('SIGKILL')
    await once(node.child, 'exit')
  })

  it('refuses data of another PostgreSQL version in one line', async () => {
    const file = join(dataDir, 'pg18', 'PG_VERSION')
    writeFileSync(file, '17\n')
    try {
      await expect(start()).rejects.toThrow(/^[^\n]*written by PostgreSQL 17;[^\n]*DATA_DIR[^\n]*$/)
    } finally {
      writeFileSync(file, '18\n')
    }
  })

  it('says in one line what PostgreSQL could not do, and leaves no process', async () => {
    const failed = startEmbedded({ dataDir, log, settings: { shared_buffers: 'plenty' } })
    await expect(failed).rejects.toThrow(/^PostgreSQL did not start[^\n]*shared_buffers[^\n]*$/)
    const { supervisorPid } = JSON.parse(readFileSync(join(dataDir, 'postgres.watch.json'), 'utf8')) as {
      supervisorPid: number
    }
    await until(() => !isAlive(supervisorPid))
  })

  it('uses a short socket folder if the path of DATA_DIR is long, and removes it', async () => {
    const deep = join(dataDir, 'a-folder-with-a-long-name'.repeat(4))
    mkdirSync(deep, { mode: 0o711 })
    const server = await startEmbedded({ dataDir: deep, log })
    running = server
    expect(server.connection.host.length).toBeLessThanOrEqual(90)
    expect(await query(server.connection, 'select 1 as n')).toEqual([{ n: 1 }])
    await server.stop()
    expect(existsSync(server.connection.host)).toBe(false)
  })
})

describe.runIf(process.getuid?.() === 0)('embedded PostgreSQL started by root', () => {
  const folders: string[] = []

  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  const openHome = (mode: number): string => {
    const folder = openTempFolder('gatehouse-home-')
    folders.push(folder)
    const dataDir = join(folder, 'closed', 'data')
    mkdirSync(join(folder, 'closed'), { mode })
    mkdirSync(dataDir, { mode: 0o711 })
    return dataDir
  }

  it.runIf(reachesPrograms())('runs under an account other than root if that account can reach all files', async () => {
    const server = await startEmbedded({ dataDir: openHome(0o755), log })
    expect(server.runKind).toBe('account')
    expect(statSync(server.dataFolder).uid).not.toBe(0)
    await server.stop()
  })

  it.runIf(hasNamespaces())('runs in a user namespace if its files are in a closed home', async () => {
    const server = await startEmbedded({ dataDir: openHome(0o700), log })
    expect(server.runKind).toBe('namespace')
    expect(await query(server.connection, 'select 1 as n')).toEqual([{ n: 1 }])
    await server.stop()
  })

  it('moves data and programs out of a closed home to a reachable folder without user namespaces', async () => {
    const dataDir = openHome(0o700)
    const accounts = runCandidates().filter((candidate) => candidate.kind === 'account')
    const server = await startEmbedded({ dataDir, log, runAs: accounts })
    folders.push(join(server.dataFolder, '..'))
    expect(server.dataFolder.startsWith(dataDir)).toBe(false)
    await query(server.connection, 'create table moved (n int)')
    await server.stop()
    const again = await startEmbedded({ dataDir, log, runAs: accounts })
    expect(await query(again.connection, 'select count(*)::int as n from moved')).toEqual([{ n: 0 }])
    await again.stop()
  })
})

describe('test databases', () => {
  it('are fresh each time, and copies of a template hold its tables', async () => {
    const template = { name: 'with_table', prepare: prepareTable }
    const [empty, first, second] = await Promise.all([testDatabase(), testDatabase(template), testDatabase(template)])
    await query(first.connection, 'insert into made values (1)')
    expect(await query(second.connection, 'select * from made')).toEqual([])
    await expect(query(empty.connection, 'select * from made')).rejects.toThrow('does not exist')
    await Promise.all([empty.close(), first.close(), second.close()])
  })

  it('can be whole servers for tests that kill one, and their folder is removed with them', async () => {
    const server = await testServer()
    await server.stop()
    expect(existsSync(server.dataFolder)).toBe(false)
  })
})

async function prepareTable(connection: EmbeddedConnection): Promise<void> {
  await query(connection, 'create table made (n int)')
}

function hasNamespaces(): boolean {
  return runCandidates().some((candidate) => candidate.kind === 'namespace')
}

/** Whether the account that root switches to can enter this clone; in a closed home such as /root it cannot. */
function reachesPrograms(): boolean {
  const { folder, postgres } = findBinaries()
  return runCandidates().some((candidate) => candidate.kind === 'account' && canRun(candidate, postgres, folder))
}

/** A process for tests to kill: it starts the server, prints the pids, and prints 'SIGINT' on that signal. */
function startInProcess(
  dataDir: string,
  { isDetached = false } = {},
): { child: ChildProcess; pids: Promise<number[]> } {
  // The sources import each other under their built names (.js); this resolves those names to the sources.
  const hooks = `import { registerHooks } from 'node:module'
    registerHooks({ resolve: (name, context, next) => {
      try { return next(name, context) } catch (error) {
        if (name.endsWith('.js')) return next(name.slice(0, -3) + '.ts', context)
        throw error
      }
    } })`
  const program = `const { startEmbedded } = await import(${JSON.stringify(new URL('embedded-postgres.ts', import.meta.url).href)})
    const log = { info() {}, warn() {}, error() {} }
    process.on('SIGINT', () => process.send('SIGINT'))
    const server = await startEmbedded({ dataDir: process.argv[1], log })
    console.log(JSON.stringify([server.postmasterPid, server.supervisorPid]))
    setInterval(() => undefined, 1000)`
  const imported = `data:text/javascript,${encodeURIComponent(hooks)}`
  const child = spawn(process.execPath, ['--import', imported, '--input-type=module', '-e', program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: isDetached,
  })
  const pids = (async () => {
    if (child.stdout === null) throw new Error('no output')
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    return JSON.parse(line) as number[]
  })()
  return { child, pids }
}
