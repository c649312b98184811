import type { ConnectionRow, RoomRow, StatsTick } from '@gatehouse/protocol/rest'
import type { IconName, StateName } from './icons.js'

/** How a state is shown: hue, icon, word. */
export interface StateWord {
  readonly state: StateName
  readonly icon: IconName
  readonly word: string
}

const word = (state: StateName, text: string, icon: IconName = state): StateWord => ({ state, icon, word: text })

const CONNECTION: Record<ConnectionRow['state'], StateWord> = {
  authenticating: word('unknown', 'authenticating'),
  open: word('ready', 'open'),
  slow: word('degraded', 'slow'),
  paused: word('degraded', 'paused', 'pause'),
  closing: word('draining', 'closing'),
}

/** How a connection's state is shown. */
export function connectionState(state: ConnectionRow['state']): StateWord {
  return CONNECTION[state]
}

const NODE: Record<StatsTick['nodeState'], StateWord> = {
  ready: word('ready', 'ready'),
  draining: word('draining', 'draining'),
  drained: word('draining', 'drained'),
  degraded: word('degraded', 'degraded'),
}

/** How a node's state is shown. */
export function nodeState(state: StatsTick['nodeState']): StateWord {
  return NODE[state]
}

const ROOM: Record<RoomRow['state'], StateWord> = {
  open: word('ready', 'open'),
  closed: word('imposed', 'closed'),
}

/** How a room's state is shown. */
export function roomState(state: RoomRow['state']): StateWord {
  return ROOM[state]
}
