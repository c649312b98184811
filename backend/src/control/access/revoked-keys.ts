/** Tells whoever holds something open for an API key that it was revoked. */
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
