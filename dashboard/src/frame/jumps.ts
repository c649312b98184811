import type { Router } from '../router.svelte.js'
import type { IconName } from '../ui/icons.js'
import type { NavItem } from './navigation.js'

/** One place that the palette leads to. */
export interface Jump {
  readonly label: string
  /** What it is, or how to get there without the palette. */
  readonly hint: string
  readonly icon: IconName
  readonly href: string
}

/** Where typed text can lead: pages whose title contains it, and things it could be the id or name of. */
export function jumpsFor(text: string, items: readonly NavItem[], router: Router): Jump[] {
  const typed = text.trim()
  const pages = items
    .filter((item) => item.title.toLowerCase().includes(typed.toLowerCase()))
    .map((item): Jump => ({ label: item.title, hint: `g ${item.key}`, icon: 'right', href: item.href }))
  if (typed === '') return pages
  const thing = (hint: string, icon: IconName, href: string): Jump => ({ label: typed, hint, icon, href })
  const room = thing('room', 'door', router.href('room', { name: typed }))
  const isRoomName = /^[\w.-]+(?::[\w.-]+)+$/.test(typed)
  return [
    ...pages,
    ...(isRoomName ? [room] : []),
    thing('open connection', 'link', router.href('connection', { id: typed })),
    thing('connections of this user', 'user', router.href('connections', {}, { filter: `user:${quoted(typed)}` })),
    ...(isRoomName ? [] : [room]),
    thing('close record', 'clock', router.href('closeRecord', { id: typed })),
    thing('operation', 'operations', router.href('operation', { id: typed })),
  ]
}

function quoted(text: string): string {
  return /[\s,]/.test(text) ? `"${text.replaceAll('"', '')}"` : text
}
