import { closeReasons } from '@gatehouse/protocol'
import type { Choice } from './choices.js'

export type DisconnectReason = 'kicked' | 'force_reconnect'

/** The two ways an operator disconnects, with their close codes and what clients do then. */
export const DISCONNECT_CHOICES: readonly (Choice & { readonly value: DisconnectReason })[] = [
  {
    value: 'force_reconnect',
    title: 'force_reconnect',
    unit: String(closeReasons.force_reconnect.code),
    text: 'clients come back on their own',
  },
  {
    value: 'kicked',
    title: 'kicked',
    unit: String(closeReasons.kicked.code),
    text: 'clients stay away until someone acts',
  },
]
