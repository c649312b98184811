/** When the bans are older than this nobody is let in, because newer ones are not known. */
const OLDEST_BANS_MS = 15 * 60_000

/**
 * What /readyz answers on both ports, so that all balancers are told the same.
 *
 * @param state whether operations leave the node in service
 * @param bans the age of the known bans, milliseconds
 */
export function isNodeReady(state: { readonly isReady: boolean }, bans: { ageMs(): number }): boolean {
  return state.isReady && bans.ageMs() <= OLDEST_BANS_MS
}
