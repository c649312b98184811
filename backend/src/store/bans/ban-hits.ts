/** How many attempts each ban has refused since the node started. */
export class BanHits {
  readonly #counts = new Map<string, number>()

  add(ban: string): void {
    this.#counts.set(ban, this.of(ban) + 1)
  }

  of(ban: string): number {
    return this.#counts.get(ban) ?? 0
  }

  /** Forgets all but these. */
  keep(bans: ReadonlySet<string>): void {
    for (const ban of this.#counts.keys()) if (!bans.has(ban)) this.#counts.delete(ban)
  }
}
