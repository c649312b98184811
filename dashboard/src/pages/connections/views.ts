import type { ConnectionsTick } from '@gatehouse/protocol/rest'
import type { QueryField } from '../../ui/query-tokens.js'

/** A filter with a name, because it is often needed. */
interface View {
  readonly id: string
  readonly title: string
  readonly filter: string
  readonly count?: (tick: ConnectionsTick) => number
}

/** The views of the connections page. */
export const VIEWS: readonly View[] = [
  { id: 'all', title: 'All', filter: '', count: (tick) => tick.total },
  { id: 'slow', title: 'Slow', filter: 'state:slow', count: (tick) => tick.byState['slow'] ?? 0 },
  {
    id: 'waiting',
    title: 'Authenticating',
    filter: 'state:authenticating',
    count: (tick) => tick.byState['authenticating'] ?? 0,
  },
  { id: 'idle', title: 'No traffic 10 min', filter: 'idle:>10m' },
  { id: 'new', title: 'Newer than 5 min', filter: 'since:<5m' },
]

/** The id of the view with this filter, or empty. */
export function currentView(filter: string): string {
  return VIEWS.find((view) => view.filter === filter)?.id ?? ''
}

/** What connections can be filtered by. */
export const FIELDS: readonly QueryField[] = [
  { name: 'user' },
  { name: 'room' },
  { name: 'client' },
  { name: 'state', example: 'slow' },
  { name: 'pending', example: '>64k' },
  { name: 'rtt', example: '>500ms' },
  { name: 'dropped', example: '>0' },
  { name: 'since', example: '<15m' },
  { name: 'idle', example: '>10m' },
  { name: 'rooms', example: '>10' },
  { name: 'ip' },
  { name: 'id' },
  { name: 'label' },
]
