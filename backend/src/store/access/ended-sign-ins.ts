/** Tells whoever holds something open for a sign-in that it ended: dashboards, and what is remembered of it. */
export class EndedSignIns {
  readonly #listeners = new Set<(ids: readonly string[]) => void>()

  listen(listener: (ids: readonly string[]) => void): void {
    this.#listeners.add(listener)
  }

  tell(ids: readonly string[]): void {
    if (ids.length === 0) return
    for (const listener of this.#listeners) listener(ids)
  }
}
