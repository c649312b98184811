import { BANS_TRUSTED_MS } from '../../realtime/ports/ban-list.js'

/**
 * What /readyz answers on both ports, so that all balancers are told the same.
 *
 * @param state whether operations leave the node in service
 * @param bans the age of the known bans, milliseconds
 */
export function isNodeReady(state: { readonly isReady: boolean }, bans: { ageMs(): number }): boolean {
  return state.isReady && bans.ageMs() <= BANS_TRUSTED_MS
}
