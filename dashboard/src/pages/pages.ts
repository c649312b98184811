import type { StatsTick, Verb } from '@gatehouse/protocol/rest'
import type { Component } from 'svelte'
import type { PageName, PageParameters } from '../routes.js'
import type { StateName } from '../ui/icons.js'
import Connection from './Connection.svelte'
import Connections from './Connections.svelte'
import Overview from './Overview.svelte'

export type NavGroup = 'Observe' | 'Act' | 'Investigate' | 'Administer'

/** How a page stands in the navigation. */
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
type PageComponent<Name extends PageName> = keyof PageParameters[Name] extends never
  ? Component<Record<string, never>>
  : Component<{ parameters: PageParameters[Name] }>

/** One page that exists. */
export interface PageEntry<Name extends PageName> {
  readonly title: string
  readonly component: PageComponent<Name>
  /** Verb without which the page answers nothing. */
  readonly verb?: Verb
  /** Absent for pages that are reached from another. */
  readonly nav?: NavEntry
}

/** Every page that exists, in the order of the navigation. */
export const PAGES: { readonly [Name in PageName]?: PageEntry<Name> } = {
  overview: { title: 'Overview', component: Overview, nav: { group: 'Observe', key: 'h' } },
  connections: {
    title: 'Connections',
    component: Connections,
    nav: { group: 'Observe', key: 'c', count: (tick) => tick.point.levels.open },
  },
  connection: { title: 'Connection', component: Connection },
}
