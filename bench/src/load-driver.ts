import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Order, ResultOf } from './load/commands.ts'
import { pinnedTo } from './pinning.ts'

const LOAD_CORE = 1
const MOST_MS = 60_000

/** Starts the load process and gives it orders. */
export class LoadDriver {
  readonly #child: ChildProcess
  readonly #ended: Promise<never>
  readonly #signal: AbortSignal

  /** Once `signal` aborts, every order fails. */
  constructor(signal: AbortSignal) {
    this.#signal = signal
    const file = fileURLToPath(new URL('load/load-process.ts', import.meta.url))
    const words = [...pinnedTo(LOAD_CORE), process.execPath, file]
    this.#child = spawn(words[0] ?? process.execPath, words.slice(1), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#ended = once(this.#child, 'exit').then(() => Promise.reject(new Error('the load process ended')))
    this.#ended.catch(() => {})
  }

  /** Takes one order at a time. Rejects with the error of the load process, or after a minute. */
  async run<Given extends Order>(order: Given): Promise<ResultOf<Given>> {
    this.#signal.throwIfAborted()
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(MOST_MS)])
    this.#child.send(order)
    const [answer] = (await Promise.race([once(this.#child, 'message', { signal }), this.#ended])) as [Answer]
    if ('error' in answer) throw new Error(`${order.kind}: ${answer.error}`)
    return answer.measured as ResultOf<Given>
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    await exited
  }
}
