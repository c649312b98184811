import type { Loadable } from '../ui/loadable.js'
import { asApiError, type ApiError } from './api.js'

/**
 * One answer of the REST API, asked again when needed. An older answer never overwrites a newer one, and a failure
 * keeps the value that was there, so that a page can go on showing it with its time.
 */
export class Resource<T> implements Loadable<T> {
  #value = $state.raw<T | undefined>(undefined)
  #failure = $state.raw<ApiError | null>(null)
  #asOf = $state<number | null>(null)
  #isLoading = $state(false)
  #ask: ((signal: AbortSignal) => Promise<T>) | null = null
  #running: AbortController | null = null

  constructor(private readonly clock: () => number = () => Date.now()) {}

  get value(): T | undefined {
    return this.#value
  }
  get failure(): ApiError | null {
    return this.#failure
  }
  get asOf(): number | null {
    return this.#asOf
  }
  get isLoading(): boolean {
    return this.#isLoading
  }

  /** Asks, and drops an earlier question that is still under way. */
  async load(ask: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    this.#running?.abort()
    const controller = new AbortController()
    this.#running = controller
    this.#ask = ask
    this.#isLoading = true
    try {
      const value = await ask(controller.signal)
      if (controller.signal.aborted) return undefined
      this.take(value)
      return value
    } catch (cause) {
      if (!controller.signal.aborted) this.#failure = asApiError(cause)
      return undefined
    } finally {
      if (this.#running === controller) this.#isLoading = false
    }
  }

  /** Takes a newer value that came another way, such as from the live hub. */
  take(value: T): void {
    this.#value = value
    this.#failure = null
    this.#asOf = this.clock()
  }

  /** Asks the last question again. */
  retry(): void {
    if (this.#ask) void this.load(this.#ask)
  }

  /** Forgets the value, for a page that now shows something else. */
  clear(): void {
    this.#running?.abort()
    this.#value = undefined
    this.#failure = null
    this.#asOf = null
  }
}
