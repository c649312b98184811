import type { StatsTick } from '@gatehouse/protocol/rest'
import { PAGES, type NavEntry, type NavGroup, type PageEntry } from '../pages/pages.js'
import { pathOf, type PageName } from '../routes.js'
import type { Session } from '../live/session.svelte.js'
import type { StateName } from '../ui/icons.js'

/** One link of the navigation. */
export interface NavItem {
  readonly page: PageName
  readonly title: string
  readonly href: string
  readonly key: string
  readonly group: NavGroup
  count(tick: StatsTick | null): number | null
  state(tick: StatsTick | null): StateName | null
}

const PARENT: Partial<Record<PageName, PageName>> = {
  connection: 'connections',
  room: 'rooms',
  closeRecord: 'closed',
  operation: 'operations',
}

/** The pages that this person may read, in order. */
export function navigation(session: Session): NavItem[] {
  return (Object.entries(PAGES) as [PageName, PageEntry<PageName>][]).flatMap(([page, entry]) => {
    if (!entry.nav || (entry.verb && !session.can(entry.verb))) return []
    return [itemOf(page, entry.title, entry.nav)]
  })
}

/** The link that is marked as current on a page. */
export function currentItem(page: PageName | 'missing'): PageName | null {
  if (page === 'missing') return null
  return PARENT[page] ?? page
}

function itemOf(page: PageName, title: string, nav: NavEntry): NavItem {
  return {
    page,
    title,
    href: pathOf(page, {}),
    key: nav.key,
    group: nav.group,
    count: (tick) => (tick && nav.count ? nav.count(tick) : null),
    state: (tick) => (tick && nav.state ? nav.state(tick) : null),
  }
}
