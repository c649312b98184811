import './node/heap-flags.js'
import 'reflect-metadata'
import { StartRefusal } from './config/start-refusal.js'

/** A signal that came before there was a node to drain; it is handled as soon as the start is complete. */
let early: string | null = null
let stop = (signal: string): void => {
  early ??= signal
}

// Set before anything listens: a process that reads a printed URL may send a signal at once.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal))
// The starter holds the other end of this channel. When it closes, nobody is left to forward signals.
process.on('disconnect', () => stop('SIGTERM'))
process.on('SIGHUP', () => stop('SIGTERM'))

try {
  // Loaded only now, so that signals are handled while the many modules of a node load.
  const { loadConfig } = await import('./config/config.js')
  const { startNode } = await import('./node/start-node.js')
  const config = loadConfig(process.env)
  const node = await startNode(config, process.env, (code) => process.exit(process.exitCode ?? code))
  stop = (signal) => void node.shutdown.signal(signal)
  if (early !== null) stop(early)
  process.stdout.write(`gateway   ${node.gatewayUrl}\ncontrol   ${node.controlUrl}/\n`)
  if (node.signinUrl !== null)
    process.stdout.write(`sign in   ${node.signinUrl}\n          single-use sign-in link, valid for 30 min\n`)
  const fail = (error: unknown): void => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    stop('SIGTERM')
    process.exitCode = 1
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
} catch (error) {
  process.stderr.write(
    `${error instanceof StartRefusal ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  )
  process.exit(1)
}
