import type { ShutdownStep } from './shutdown.js'

/** What a node has started, and how to end each part: after a drain, or when a start fails. */
export class Teardown {
  readonly #started: ShutdownStep[] = []

  /** Call it right after `name` was started. `run` may be called before `name` is in use. */
  add(name: string, run: () => unknown): void {
    this.#started.push({ name, run: async () => run() })
  }

  /** What was started last is ended first. */
  get steps(): readonly ShutdownStep[] {
    return this.#started.toReversed()
  }

  /** Ends everything that was started so far. Failures are not reported: the start has already failed. */
  async undo(): Promise<void> {
    for (const step of this.steps) await step.run().catch(() => undefined)
  }
}
