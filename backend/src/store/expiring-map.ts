/** A map whose entries expire, with a maximum size; the oldest entries are removed first. */
export class ExpiringMap<V> {
  readonly #most: number
  readonly #entries = new Map<string, { value: V; untilMs: number }>()

  constructor(most: number) {
    this.#most = most
  }

  set(key: string, value: V, untilMs: number): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#most) this.#entries.delete(this.#entries.keys().next().value as string)
    this.#entries.set(key, { value, untilMs })
  }

  get(key: string, nowMs: number): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.untilMs > nowMs) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}
