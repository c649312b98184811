import type { StatsTick, Verb } from '@gatehouse/protocol/rest'
import type { Component } from 'svelte'
import type { NoParameters, PageName, PageParameters } from '../routes.js'
import type { StateName } from '../ui/icons.js'
import { nodeState } from '../ui/state-words.js'
import Access from './Access.svelte'
import Audit from './Audit.svelte'
import Bans from './Bans.svelte'
import Closed from './Closed.svelte'
import CloseRecord from './CloseRecord.svelte'
import Connection from './Connection.svelte'
import Connections from './Connections.svelte'
import Node from './Node.svelte'
import Operation from './Operation.svelte'
import Operations from './Operations.svelte'
import Overview from './Overview.svelte'
import Refusals from './Refusals.svelte'
import Room from './Room.svelte'
import Rooms from './Rooms.svelte'
import SignIn from './SignIn.svelte'

export type NavGroup = 'Observe' | 'Act' | 'Investigate' | 'Administer'

/** How a page appears in the navigation. */
export interface NavEntry {
  readonly group: NavGroup
  /** The second key after `g`. */
  readonly key: string
  /** The number beside it, from the newest second. */
  readonly count?: (tick: StatsTick) => number | null
  /** A state worth an icon, from the newest second. */
  readonly state?: (tick: StatsTick) => StateName | null
}

/** A page without parameters takes no properties. */
type PageComponent<Name extends PageName> = [PageParameters[Name]] extends [NoParameters]
  ? Component<NoParameters>
  : Component<{ parameters: PageParameters[Name] }>

/** One page. */
export interface PageEntry<Name extends PageName> {
  readonly title: string
  readonly component: PageComponent<Name>
  /** The verb that the page needs. */
  readonly verb?: Verb
  /** Absent for pages that are reached from another. */
  readonly nav?: NavEntry
}

/** Every page, in the order of the navigation. */
export const PAGES: { readonly [Name in PageName]: PageEntry<Name> } = {
  overview: { title: 'Overview', component: Overview, nav: { group: 'Observe', key: 'h' } },
  connections: {
    title: 'Connections',
    component: Connections,
    nav: { group: 'Observe', key: 'c', count: (tick) => tick.point.levels.open },
  },
  connection: { title: 'Connection', component: Connection },
  rooms: {
    title: 'Rooms',
    component: Rooms,
    nav: { group: 'Observe', key: 'r', count: (tick) => tick.point.levels.rooms },
  },
  room: { title: 'Room', component: Room },
  node: {
    title: 'Node',
    component: Node,
    nav: {
      group: 'Observe',
      key: 'n',
      state: (tick) => (tick.nodeState === 'ready' ? null : nodeState(tick.nodeState).state),
    },
  },
  operations: {
    title: 'Operations',
    component: Operations,
    nav: {
      group: 'Act',
      key: 'o',
      count: (tick) => tick.operations.length,
      state: (tick) => (tick.operations.length > 0 ? 'draining' : null),
    },
  },
  operation: { title: 'Operation', component: Operation },
  bans: { title: 'Bans', component: Bans, nav: { group: 'Act', key: 'b', count: (tick) => tick.bans } },
  closed: { title: 'Closed', component: Closed, nav: { group: 'Investigate', key: 'x' } },
  closeRecord: { title: 'Close record', component: CloseRecord },
  refusals: { title: 'Refusals', component: Refusals, nav: { group: 'Investigate', key: 'f' } },
  audit: { title: 'Audit', component: Audit, verb: 'audit.read', nav: { group: 'Administer', key: 'u' } },
  access: { title: 'Access', component: Access, nav: { group: 'Administer', key: 'a' } },
  signIn: { title: 'Sign in', component: SignIn },
}
