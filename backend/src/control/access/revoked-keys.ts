/** Tells whoever holds something open for an API key that it was revoked. */
export class RevokedKeys {
  readonly #listeners = new Set<(callerId: string) => void>()

  listen(listener: (callerId: string) => void): void {
    this.#listeners.add(listener)
  }

  tell(callerId: string): void {
    for (const listener of this.#listeners) listener(callerId)
  }
}
