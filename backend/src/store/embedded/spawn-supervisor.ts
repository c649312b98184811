import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { giveTo, type Home } from './home.js'
import { commandAs, findProgram, postgresEnvironment, type RunAs } from './run-as.js'
import type { SupervisorOrder } from './supervisor.js'

/** The port in the socket's file name; nothing listens on TCP, so it cannot collide. */
export const SOCKET_PORT = 5432

/** A socket's path may have 107 bytes on Linux and 103 on macOS, including its name. */
const LONGEST_SOCKET_FOLDER = 90

const defaultSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '100',
  shared_buffers: '64MB',
  // One small database on one machine needs no replication and no helper processes.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  jit: 'off',
  // Statements and row values stay out of the log file: they may contain what clients sent.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  log_line_prefix: '',
}

/** The start options that the supervisor needs. */
export interface SpawnOptions {
  readonly dataDir: string
  readonly settings?: Readonly<Record<string, string>>
  readonly isTemporary?: boolean
}

/** The folder of the Unix socket: in `parent`, beside the data, or a new short one if that path would be too long. */
export function socketFolderFor(parent: string): string {
  const folder = join(parent, 'run')
  if (Buffer.byteLength(folder) <= LONGEST_SOCKET_FOLDER) return folder
  const temp = Buffer.byteLength(tmpdir()) <= LONGEST_SOCKET_FOLDER - 'gatehouse-XXXXXX/'.length ? tmpdir() : '/tmp'
  return mkdtempSync(join(temp, 'gatehouse-'))
}

/** Creates the socket's folder, with no access for other accounts. */
export function prepareSocketFolder(folder: string, runAs: RunAs): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  giveTo(runAs, folder)
}

/** Starts the supervisor in a session of its own, so that no signal to the node's process group reaches it. */
export function spawnSupervisor(home: Home, socketFolder: string, options: SpawnOptions): ChildProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const program = fileURLToPath(new URL(`./supervisor.${extension}`, import.meta.url))
  const order = JSON.stringify(orderFor(home, socketFolder, options))
  return spawn(process.execPath, [program, home.dataFolder, order], {
    cwd: '/',
    detached: true,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}

function orderFor(home: Home, socketFolder: string, options: SpawnOptions): SupervisorOrder {
  const { dataDir, settings, isTemporary } = options
  const flags = Object.entries({ ...defaultSettings, ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const server = ['-D', home.dataFolder, '-p', String(SOCKET_PORT), '-k', socketFolder, ...flags]
  // With setpriv (if installed) the kernel stops PostgreSQL even when the supervisor is killed.
  const setpriv = findProgram('setpriv')
  const command =
    setpriv === undefined
      ? commandAs(home.runAs, home.binaries.postgres, server)
      : commandAs(home.runAs, setpriv, ['--pdeathsig', 'INT', '--', home.binaries.postgres, ...server])
  return {
    ...command,
    environment: postgresEnvironment,
    logFile: join(dataDir, 'postgres.log'),
    discard: [socketFolder, ...(isTemporary === true ? [dataDir] : [])],
  }
}
