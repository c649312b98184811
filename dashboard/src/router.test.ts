import { flushSync } from 'svelte'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Router } from './router.svelte.js'
import { matchRoute, pathOf } from './routes.js'

describe('routes', () => {
  it('match each page and read its parameters', () => {
    expect(matchRoute('/')).toEqual({ page: 'overview', parameters: {} })
    expect(matchRoute('/connections/')).toEqual({ page: 'connections', parameters: {} })
    expect(matchRoute('/connections/cn_1')).toEqual({ page: 'connection', parameters: { id: 'cn_1' } })
    expect(matchRoute('/c/cn_1')).toEqual({ page: 'closeRecord', parameters: { id: 'cn_1' } })
    expect(matchRoute('/operations/op_1')).toEqual({ page: 'operation', parameters: { id: 'op_1' } })
  })

  it('report unknown paths and malformed escapes as missing', () => {
    expect(matchRoute('/nothing/here')).toEqual({ page: 'missing', parameters: { path: '/nothing/here' } })
    expect(matchRoute('/rooms/%E0%A4%A').page).toBe('missing')
  })

  it('keep a room name with colons and slashes through a round trip', () => {
    const name = 'orders:eu/desk 7'
    const path = pathOf('room', { name })
    expect(path).toBe('/rooms/orders%3Aeu%2Fdesk%207')
    expect(matchRoute(path)).toEqual({ page: 'room', parameters: { name } })
  })
})

describe('the router', () => {
  let router: Router
  let stop: () => void

  beforeEach(() => {
    history.replaceState(null, '', '/connections?filter=user:a')
    router = new Router()
    stop = router.start()
  })
  afterEach(() => stop())

  it('reads the page and the query from the address', () => {
    expect(router.route.page).toBe('connections')
    expect(router.query('filter')).toBe('user:a')
    expect(router.query('sort')).toBeNull()
  })

  it('keeps the other entries when one changes, and drops empty ones', () => {
    expect(router.hrefWith({ sort: '-pendingBytes' })).toBe('/connections?filter=user:a&sort=-pendingBytes')
    router.setQuery({ sort: '-pendingBytes' })
    expect(location.search).toBe('?filter=user:a&sort=-pendingBytes')
    router.setQuery({ filter: '', sort: null })
    expect(location.search).toBe('')
  })

  it('adds no history entry while a filter is typed', () => {
    const before = history.length
    router.setQuery({ filter: 'user:ab' })
    expect(history.length).toBe(before)
    router.open('room', { name: 'chat:lobby' })
    expect(history.length).toBe(before + 1)
    expect(router.route).toEqual({ page: 'room', parameters: { name: 'chat:lobby' } })
  })

  it('keeps the route and its parameters while only the query changes', () => {
    router.go('/c/c_1')
    flushSync()
    const before = router.route
    router.setQuery({ act: 'kicked' })
    flushSync()
    expect(router.query('act')).toBe('kicked')
    expect(router.route).toBe(before)
  })

  it('follows a plain click on a link of ours and leaves the others to the browser', () => {
    const click = (href: string, init: MouseEventInit = {}): boolean => {
      const link = document.createElement('a')
      link.href = href
      document.body.append(link)
      const event = new MouseEvent('click', { bubbles: true, cancelable: true, ...init })
      link.dispatchEvent(event)
      link.remove()
      return event.defaultPrevented
    }
    expect(click('/rooms?filter=type:chat')).toBe(true)
    flushSync()
    expect(router.route.page).toBe('rooms')
    expect(router.query('filter')).toBe('type:chat')
    expect(click('/bans', { ctrlKey: true })).toBe(false)
    expect(click('/docs')).toBe(false)
    expect(click('https://example.com/bans')).toBe(false)
    expect(router.route.page).toBe('rooms')
  })
})
