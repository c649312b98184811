import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { keepsSecureCookies, SessionCookie } from './session-cookie.js'

it('is bound to host, path and https, and out of reach of scripts', () => {
  const header = new SessionCookie('c1').set('secret', 60_000)
  expect(header).toBe('__Host-gatehouse-c1=secret; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict')
})

it('has another name than the cookie of another cluster on the same host', () => {
  const headers = { cookie: '__Host-gatehouse-c2=other; __Host-gatehouse-c1=mine; x=y' }
  expect(new SessionCookie('c1').read({ headers } as unknown as IncomingMessage)).toBe('mine')
  expect(new SessionCookie('c3').read({ headers } as unknown as IncomingMessage)).toBeUndefined()
})

it.each([
  ['localhost:8081', false, true],
  ['127.0.0.1:8081', false, true],
  ['[::1]:8081', false, true],
  ['gate.localhost', false, true],
  ['192.0.2.7:8081', false, false],
  ['localhost.evil.example', false, false],
  ['gate.example', true, true],
  ['', false, false],
])('is kept by a browser at %s with https %s: %s', (host, isHttps, kept) => {
  expect(keepsSecureCookies(host, isHttps)).toBe(kept)
})

it('is kept by Safari over https only', () => {
  const safari = 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15'
  expect(keepsSecureCookies('localhost:8081', false, safari)).toBe(false)
  expect(keepsSecureCookies('localhost:8081', false, `${safari} Chrome/150.0.0.0`)).toBe(true)
  expect(keepsSecureCookies('localhost:8081', true, safari)).toBe(true)
})
