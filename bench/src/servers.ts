import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { spawn } from 'node:child_process'
import { NodeProcess } from '../../e2e/src/support/node-process.ts'
import type { Rest } from '../../e2e/src/support/rest.ts'
import type { Target } from './load/commands.ts'
import { GORILLA_FILE } from './gorilla.ts'
import { pinnedTo } from './pinning.ts'

/** The core all servers run on; the load has the other. */
const SERVER_CORE = 0
const START_MS = 15_000

export interface Server {
  readonly target: Target
  stop(): Promise<void>
}

/** A Gatehouse node can also be asked over REST. */
interface GatehouseServer extends Server {
  readonly rest: Rest
}

interface StartOptions {
  /** Ends the start. */
  readonly signal?: AbortSignal
  /** The built backend that Gatehouse runs from; this clone's by default. */
  readonly backendMain?: string
}

type Start = (options?: StartOptions) => Promise<Server>

/** In the order of the tables; the chart compares all others with the first. */
export const SERVER_NAMES = ['plain', 'socketIo', 'nest', 'gorilla', 'gatehouse'] as const
export type ServerName = (typeof SERVER_NAMES)[number]

export const servers: Readonly<Record<ServerName, Start>> = {
  plain: (options) => startPeer(nodeFile('plain-ws'), 'plain', options),
  socketIo: (options) => startPeer(nodeFile('socket-io'), 'socketIo', options),
  nest: (options) => startPeer(nodeFile('nest'), 'nest', options),
  gorilla: (options) => startPeer([GORILLA_FILE], 'plain', options),
  gatehouse: (options) => startGatehouse({}, options),
}

export const TITLES: Readonly<Record<ServerName, string>> = {
  plain: 'plain `ws`',
  socketIo: 'Socket.IO',
  nest: 'stock Nest',
  gorilla: 'gorilla (Go)',
  gatehouse: 'Gatehouse',
}

/** A whole node with its defaults. Only the limits of messages and bytes a second are raised, so that the load passes. */
export async function startGatehouse(
  env: Readonly<Record<string, string>>,
  { signal, backendMain }: StartOptions = {},
): Promise<GatehouseServer> {
  const node = await NodeProcess.start({
    prefix: pinnedTo(SERVER_CORE),
    env: { MESSAGE_RATE: '1000000/s', MESSAGE_BURST: '1000000', BYTE_RATE: '1000MiB/s', LOG_LEVEL: 'error', ...env },
    ...(signal && { signal }),
    ...(backendMain !== undefined && { main: backendMain }),
  })
  return {
    target: { url: node.gatewayUrl, pid: node.pid, secret: node.secret, dialect: 'gatehouse' },
    rest: node.rest,
    stop: () => node.dispose(),
  }
}

const nodeFile = (name: string): string[] => [
  process.execPath,
  fileURLToPath(new URL(`peers/${name}.ts`, import.meta.url)),
]

async function startPeer(
  program: readonly string[],
  dialect: Target['dialect'],
  { signal }: StartOptions = {},
): Promise<Server> {
  const [file = '', ...args] = [...pinnedTo(SERVER_CORE), ...program]
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
  }
  try {
    const url = await Promise.race([
      addressOf(child.stdout as NonNullable<typeof child.stdout>, [AbortSignal.timeout(START_MS), signal ?? []].flat()),
      exited.then(([code]) => Promise.reject(new Error(`${program.join(' ')} ended with ${String(code)}`))),
    ])
    return { target: { url, pid: child.pid ?? -1, dialect }, stop }
  } catch (error) {
    if (child.exitCode === null && child.signalCode === null) await stop()
    throw error
  }
}

async function addressOf(output: NodeJS.ReadableStream, signals: AbortSignal[]): Promise<string> {
  const [line] = (await once(output, 'data', { signal: AbortSignal.any(signals) })) as [Buffer]
  const url = /ws:\/\/\S+/.exec(line.toString())?.[0]
  if (url === undefined) throw new Error(`a server printed no address: ${line.toString()}`)
  return url
}
