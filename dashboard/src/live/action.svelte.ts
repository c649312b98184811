import { asApiError } from './api.js'

/** Something that a person asks the node to do: whether it is under way, and why it was not done. */
export class Action {
  #isBusy = $state(false)
  #failure = $state<string | null>(null)

  get isBusy(): boolean {
    return this.#isBusy
  }
  /** Why it was not done, or null. */
  get failure(): string | null {
    return this.#failure
  }

  /** Does it; undefined when it failed. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.#isBusy = true
    this.#failure = null
    try {
      return await work()
    } catch (cause) {
      this.#failure = asApiError(cause).message
      return undefined
    } finally {
      this.#isBusy = false
    }
  }

  /** Forgets why it failed, for a dialog that opens again. */
  clear(): void {
    this.#failure = null
  }
}
