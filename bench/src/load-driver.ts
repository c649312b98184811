import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Measured, Order } from './load/commands.ts'
import { pinnedTo } from './pinning.ts'

const LOAD_CORE = 1

/** The load process, seen from the process that orders. */
export class LoadDriver {
  readonly #child: ChildProcess
  readonly #ended: Promise<never>

  constructor() {
    const file = fileURLToPath(new URL('load/load-process.ts', import.meta.url))
    const words = [...pinnedTo(LOAD_CORE), process.execPath, file]
    this.#child = spawn(words[0] ?? process.execPath, words.slice(1), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#ended = once(this.#child, 'exit').then(() => Promise.reject(new Error('the load process ended')))
    this.#ended.catch(() => {})
  }

  /** One order at a time; rejects with what the load process met. */
  async run(order: Order, withinMs = 60_000): Promise<Measured> {
    this.#child.send(order)
    const [answer] = (await Promise.race([
      once(this.#child, 'message', { signal: AbortSignal.timeout(withinMs) }),
      this.#ended,
    ])) as [Answer]
    if ('error' in answer) throw new Error(`${order.kind}: ${answer.error}`)
    return answer.measured
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}
