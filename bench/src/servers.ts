import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { NodeProcess } from '../../e2e/src/support/node-process.ts'
import type { Target } from './load/commands.ts'
import { pinnedTo } from './pinning.ts'

/** The core all servers run on; the load has the other. */
const SERVER_CORE = 0

export interface Server {
  readonly target: Target
  stop(): Promise<void>
}

export const servers = {
  plain: startPlain,
  gatehouse: startGatehouse,
} as const satisfies Record<string, () => Promise<Server>>
export type ServerName = keyof typeof servers

/** The whole node with its defaults, everything on, but for the rates of messages and bytes, which the load needs higher. */
export async function startGatehouse(): Promise<Server> {
  const env = { MESSAGE_RATE: '1000000/s', MESSAGE_BURST: '1000000', BYTE_RATE: '1000MiB/s', LOG_LEVEL: 'error' }
  const node = await NodeProcess.start({ prefix: pinnedTo(SERVER_CORE), env })
  return {
    target: { url: node.gatewayUrl, pid: node.pid, secret: node.secret },
    stop: () => node.dispose(),
  }
}

export async function startPlain(): Promise<Server> {
  const words = [...pinnedTo(SERVER_CORE), process.execPath, fileURLToPath(new URL('plain-server.ts', import.meta.url))]
  const child = spawn(words[0] ?? process.execPath, words.slice(1), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const [line] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer]
  const url = /ws:\/\/\S+/.exec(line.toString())?.[0]
  if (url === undefined || child.pid === undefined)
    throw new Error(`the plain server printed no address: ${line.toString()}`)
  return {
    target: { url, pid: child.pid },
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
