/** The bans as this node knows them. */
export abstract class KnownBans {
  /** How old the knowledge is, milliseconds. */
  abstract ageMs(): number
  /** Resolves when every change stored before the call is known here. @throws StoreUnavailable */
  abstract refresh(): Promise<void>
}
