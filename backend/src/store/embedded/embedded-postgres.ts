import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { StartRefusal } from '../../config/start-refusal.js'
import { findBinaries } from './binaries.js'
import { EMBEDDED_DATABASE, EMBEDDED_USER, prepareDataFolder } from './data-folder.js'
import { chooseHome, type Home } from './home.js'
import { clearLeftovers, watchFile, type Watch } from './leftovers.js'
import { runCandidates, type RunAs } from './run-as.js'
import { prepareSocketFolder, socketFolderFor, SOCKET_PORT, spawnSupervisor } from './spawn-supervisor.js'
import type { SupervisorEvent } from './supervisor.js'

/** Where a `pg` client finds the server: `host` is the folder of a Unix socket; there is no TCP listener. */
export interface EmbeddedConnection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/** The two pino log levels that are used here. */
export interface EmbeddedLog {
  info(message: string): void
  error(message: string): void
}

export interface EmbeddedOptions {
  /** Must exist and be locked by this process; the data is in its folder `pg18`. */
  readonly dataDir: string
  readonly log: EmbeddedLog
  /** Server settings in addition to ours, as `name: value`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Whether `dataDir` is removed when the server ends; for tests. */
  readonly isTemporary?: boolean
  /** The identities to try, best first; by default those open to this process. */
  readonly runAs?: readonly RunAs[]
}

/** Long, because crash recovery of a large database takes time; a server not up by then counts as hung. */
const START_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 20_000
const RESPAWN_DELAY_MS = 200
const RETRY_DELAY_MS = 5_000

/** This node's own running PostgreSQL 18. */
export class EmbeddedPostgres {
  readonly connection: EmbeddedConnection
  readonly #home: Home
  readonly #options: EmbeddedOptions
  readonly #downListeners = new Set<(how: string) => void>()
  readonly #upListeners = new Set<() => void>()
  #supervisor: ChildProcess | undefined
  #postmasterPid: number | undefined
  #isStopping = false

  constructor(home: Home, socketFolder: string, options: EmbeddedOptions) {
    this.#home = home
    this.#options = options
    this.connection = { host: socketFolder, port: SOCKET_PORT, user: EMBEDDED_USER, database: EMBEDDED_DATABASE }
  }

  /** Which identity PostgreSQL runs under. */
  get runKind(): RunAs['kind'] {
    return this.#home.runAs.kind
  }

  get dataFolder(): string {
    return this.#home.dataFolder
  }

  /** The server's own pid while it is up. */
  get postmasterPid(): number | undefined {
    return this.#postmasterPid
  }

  get supervisorPid(): number | undefined {
    return this.#supervisor?.pid
  }

  /** Calls back each time the server is lost, with how it ended. It is already being restarted. */
  onDown(listener: (how: string) => void): void {
    this.#downListeners.add(listener)
  }

  /** Calls back each time a lost server accepts connections again. */
  onUp(listener: () => void): void {
    this.#upListeners.add(listener)
  }

  /** Stops the server with a fast shutdown and waits until it has ended. Connections still open are cut. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const supervisor = this.#supervisor
    if (supervisor === undefined || supervisor.exitCode !== null || supervisor.signalCode !== null) return
    supervisor.ref()
    const deadline = setTimeout(() => supervisor.kill('SIGKILL'), STOP_DEADLINE_MS)
    const gone = once(supervisor, 'exit')
    supervisor.stdin?.end()
    await gone
    clearTimeout(deadline)
    rmSync(watchFile(this.#options.dataDir), { force: true })
  }

  /** Starts the supervisor and waits until the server accepts connections. */
  async launch(): Promise<void> {
    const { dataDir } = this.#options
    prepareSocketFolder(this.connection.host, this.#home.runAs)
    const supervisor = spawnSupervisor(this.#home, this.connection.host, this.#options)
    this.#supervisor = supervisor
    // A write to a killed supervisor fails with EPIPE; its exit event is handled elsewhere.
    supervisor.stdin?.on('error', () => undefined)
    supervisor.stdout?.on('error', () => undefined)
    const watch: Watch = {
      supervisorPid: supervisor.pid ?? 0,
      nodePid: process.pid,
      socketFolder: this.connection.host,
    }
    writeFileSync(watchFile(dataDir), JSON.stringify(watch), { mode: 0o600 })
    await this.#untilUp(supervisor)
    supervisor.once('exit', () => {
      this.#supervisorLost()
    })
    // The node's exit must not wait for the supervisor, which stops when the pipe closes.
    supervisor.unref()
    for (const stream of [supervisor.stdin, supervisor.stdout]) (stream as { unref?: () => void } | null)?.unref?.()
  }

  async #untilUp(supervisor: ChildProcess): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const deadline = setTimeout(() => {
      reject(new StartRefusal(`PostgreSQL did not start within ${START_DEADLINE_MS / 1000} s; ${this.#seeLog()}`))
    }, START_DEADLINE_MS)
    supervisor.once('error', reject)
    supervisor.once('exit', () => {
      reject(new StartRefusal(`PostgreSQL's supervisor ended before PostgreSQL was up; ${this.#seeLog()}`))
    })
    if (supervisor.stdout !== null) {
      let wasUp = false
      createInterface({ input: supervisor.stdout }).on('line', (line) => {
        const event = JSON.parse(line) as SupervisorEvent
        if (event.event === 'failed') reject(new StartRefusal(this.#failure(event.how, event.lines)))
        else if (event.event === 'down') this.#lost(event.how)
        else {
          this.#postmasterPid = event.pid
          if (wasUp) this.#tellUp()
          wasUp = true
          resolve()
        }
      })
    }
    try {
      await promise
    } catch (error) {
      supervisor.stdin?.end()
      throw error
    } finally {
      clearTimeout(deadline)
      supervisor.removeAllListeners('error').removeAllListeners('exit')
      supervisor.on('error', () => undefined)
    }
  }

  #lost(how: string): void {
    this.#postmasterPid = undefined
    if (this.#isStopping) return
    this.#options.log.error(`embedded PostgreSQL ended (${how}); starting it again`)
    for (const listener of this.#downListeners) listener(how)
  }

  #tellUp(): void {
    this.#options.log.info('embedded PostgreSQL is up again')
    for (const listener of this.#upListeners) listener()
  }

  #supervisorLost(): void {
    this.#lost('its supervisor ended')
    if (this.#isStopping) return
    this.#scheduleRelaunch(RESPAWN_DELAY_MS)
  }

  #scheduleRelaunch(delayMs: number): void {
    setTimeout(() => {
      void this.#relaunch()
    }, delayMs).unref()
  }

  async #relaunch(): Promise<void> {
    if (this.#isStopping) return
    try {
      await clearLeftovers(this.#options.dataDir, this.#home.dataFolder)
      if (this.#isStopping) return
      await this.launch()
      this.#tellUp()
    } catch (error) {
      this.#options.log.error(`embedded PostgreSQL did not restart: ${(error as Error).message}`)
      this.#scheduleRelaunch(RETRY_DELAY_MS)
    }
  }

  #failure(how: string, lines: readonly string[]): string {
    const fatal = lines.find((line) => line.includes('FATAL')) ?? lines.at(-1) ?? 'it printed nothing'
    return `PostgreSQL did not start (${how}): ${fatal}; ${this.#seeLog()}`
  }

  #seeLog(): string {
    return `see ${join(this.#options.dataDir, 'postgres.log')}, or set DATABASE_URL to another server.`
  }
}

/**
 * Starts PostgreSQL 18 on the data below `dataDir`, which the first start creates. The data outlives the node; the
 * server does not.
 *
 * @throws StartRefusal with one clear line if it cannot start
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o711 })
  const dataDir = realpathSync(options.dataDir)
  const home = chooseHome(dataDir, findBinaries(), options.runAs ?? runCandidates())
  await clearLeftovers(dataDir, home.dataFolder)
  prepareDataFolder(home)
  const server = new EmbeddedPostgres(home, socketFolderFor(dirname(home.dataFolder)), { ...options, dataDir })
  await server.launch()
  return server
}
