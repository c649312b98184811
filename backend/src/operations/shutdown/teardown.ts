import type { ShutdownStep } from './shutdown.js'

/** What a node has started, and how each thing of it is ended: after a drain, or when a start cannot go on. */
export class Teardown {
  readonly #started: ShutdownStep[] = []

  /** Say it right after `name` was started. `run` may be called though what was started is not yet in use. */
  add(name: string, run: () => unknown): void {
    this.#started.push({ name, run: async () => run() })
  }

  /** What was started last is ended first. */
  get steps(): readonly ShutdownStep[] {
    return this.#started.toReversed()
  }

  /** Ends everything that was started so far. What fails meanwhile is not told: the start has failed already. */
  async undo(): Promise<void> {
    for (const step of this.steps) await step.run().catch(() => undefined)
  }
}
