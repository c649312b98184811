import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { RequestOrigins } from './request-origin.js'

const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage

it('trusts no forwarding headers without declared proxies', () => {
  const request = from('192.0.2.1', { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' })
  expect(new RequestOrigins([]).of(request)).toEqual({ address: '192.0.2.1', isHttps: false })
})

it('takes the address that the outermost declared proxy saw, not one that the client put in the header', () => {
  const addresses = new RequestOrigins([['10.0.0.0', 8]])
  const request = from('::ffff:10.0.0.1', {
    'x-forwarded-for': '1.2.3.4, 203.0.113.9, 10.0.0.2',
    'x-forwarded-proto': 'https',
  })
  expect(addresses.of(request)).toEqual({ address: '203.0.113.9', isHttps: true })
})

it('trusts no entry before one that is not an address', () => {
  const addresses = new RequestOrigins([['10.0.0.0', 8]])
  const headers = { 'x-forwarded-for': '203.0.113.9, <script>' }
  expect(addresses.of(from('10.0.0.1', headers)).address).toBe('10.0.0.1')
})
