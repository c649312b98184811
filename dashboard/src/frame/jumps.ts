import type { Router } from '../router.svelte.js'
import type { IconName } from '../ui/icons.js'
import type { NavItem } from './navigation.js'
import { PAGES } from '../pages/pages.js'
import type { PageName } from '../routes.js'

/** One place that the palette leads to. */
export interface Jump {
  readonly label: string
  /** What it is, or how to get there without the palette. */
  readonly hint: string
  readonly icon: IconName
  readonly href: string
}

/** Where a typed text can lead: pages that contain it, and what could have it as an id or a name. */
export function jumpsFor(text: string, items: readonly NavItem[], router: Router): Jump[] {
  const typed = text.trim()
  const pages = items
    .filter((item) => item.title.toLowerCase().includes(typed.toLowerCase()))
    .map((item): Jump => ({ label: item.title, hint: `g ${item.key}`, icon: 'right', href: item.href }))
  if (typed === '') return pages
  const things: (Jump & { page: PageName })[] = [
    {
      page: 'connection',
      label: typed,
      hint: 'open connection',
      icon: 'link',
      href: router.href('connection', { id: typed }),
    },
    {
      page: 'connections',
      label: typed,
      hint: 'connections of this user',
      icon: 'user',
      href: router.href('connections', {}, { filter: `user:${quoted(typed)}` }),
    },
    { page: 'room', label: typed, hint: 'room', icon: 'door', href: router.href('room', { name: typed }) },
    {
      page: 'closeRecord',
      label: typed,
      hint: 'close record',
      icon: 'clock',
      href: router.href('closeRecord', { id: typed }),
    },
    {
      page: 'operation',
      label: typed,
      hint: 'operation',
      icon: 'operations',
      href: router.href('operation', { id: typed }),
    },
  ]
  const isName = /^[\w.-]+(?::[\w.-]+)+$/.test(typed)
  const exist = things.filter((thing) => PAGES[thing.page] !== undefined)
  return [
    ...pages,
    ...exist.sort(
      (first, second) => Number(isName && second.page === 'room') - Number(isName && first.page === 'room'),
    ),
  ]
}

function quoted(text: string): string {
  return /[\s,]/.test(text) ? `"${text.replaceAll('"', '')}"` : text
}
