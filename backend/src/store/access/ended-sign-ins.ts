/** Notifies listeners of ended sign-ins, so that dashboards are disconnected and cached sign-ins forgotten. */
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
