import { describe, expect, it } from 'vitest'
import { Router } from '../router.svelte.js'
import { jumpsFor } from './jumps.js'
import type { NavItem } from './navigation.js'

const item = (page: NavItem['page'], title: string, key: string): NavItem => ({
  page,
  title,
  key,
  href: `/${page}`,
  group: 'Observe',
  count: () => null,
  state: () => null,
})
const items = [item('connections', 'Connections', 'c'), item('rooms', 'Rooms', 'r')]
const router = new Router()

describe('the palette', () => {
  it('lists every page while nothing is typed', () => {
    expect(jumpsFor('', items, router).map((jump) => jump.label)).toEqual(['Connections', 'Rooms'])
  })

  it('leads to what a typed id could be', () => {
    const jumps = jumpsFor(' cn_1 ', items, router)
    expect(jumps[0]).toMatchObject({ hint: 'open connection', href: '/connections/cn_1' })
    expect(jumps.map((jump) => jump.href)).toContain('/c/cn_1')
  })

  it('takes segments joined by colons for a room first', () => {
    expect(jumpsFor('chat:lobby', items, router)[0]).toMatchObject({ hint: 'room', href: '/rooms/chat%3Alobby' })
  })

  it('keeps a user name with spaces in one token', () => {
    const jump = jumpsFor('Ann Lee', items, router).find((each) => each.hint.includes('user'))
    expect(decodeURIComponent(jump?.href ?? '').replaceAll('+', ' ')).toContain('filter=user:"Ann Lee"')
  })
})
