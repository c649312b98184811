/** Beyond it nobody may be let in, because bans made meanwhile are not known. */
const OLDEST_BANS_MS = 15 * 60_000

/**
 * What /readyz answers on both ports, so that no two balancers are told different things.
 *
 * @param state whether operations leave the node in service
 * @param bans how old the knowledge of bans is, milliseconds
 */
export function isNodeReady(state: { readonly isReady: boolean }, bans: { ageMs(): number }): boolean {
  return state.isReady && bans.ageMs() <= OLDEST_BANS_MS
}
