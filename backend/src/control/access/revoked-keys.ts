/** Notifies listeners that an API key was revoked, so that they end what it opened. */
export class RevokedKeys {
  readonly #listeners = new Set<(callerId: string, actor: string) => void>()

  listen(listener: (callerId: string, actor: string) => void): void {
    this.#listeners.add(listener)
  }

  /** `actor` is who revoked it. */
  tell(callerId: string, actor: string): void {
    for (const listener of this.#listeners) listener(callerId, actor)
  }
}
