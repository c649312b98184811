/** The bans as this node knows them. */
export abstract class KnownBans {
  /** How old the knowledge is, milliseconds. */
  abstract ageMs(): number
  /** Resolves when this node knows every change stored before the call. @throws StoreUnavailable */
  abstract refresh(): Promise<void>
}
