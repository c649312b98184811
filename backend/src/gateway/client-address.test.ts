import { describe, expect, it } from 'vitest'
import { ClientAddresses } from './client-address.js'

describe('ClientAddresses', () => {
  const direct = new ClientAddresses([])
  const behind = new ClientAddresses([['10.0.0.0', 8], ['fd00::', 8]])

  it('ignores X-Forwarded-For of a peer that is no declared proxy', () => {
    expect(direct.resolve('192.0.2.1', '1.2.3.4').address).toBe('192.0.2.1')
    expect(behind.resolve('192.0.2.1', '1.2.3.4').address).toBe('192.0.2.1')
  })

  it('reads the chain from the right, past declared proxies only', () => {
    expect(behind.resolve('10.0.0.1', '1.2.3.4').address).toBe('1.2.3.4')
    expect(behind.resolve('10.0.0.1', '6.6.6.6, 1.2.3.4, 10.9.9.9').address).toBe('1.2.3.4')
    expect(behind.resolve('fd00::1', '2001:db8::5').address).toBe('2001:db8::5')
  })

  it('stops at a hop that is no address', () => {
    expect(behind.resolve('10.0.0.1', '1.2.3.4, <script>').address).toBe('10.0.0.1')
    expect(behind.resolve('10.0.0.1', '010.0.0.9').address).toBe('10.0.0.1')
    expect(behind.resolve('10.0.0.1', '').address).toBe('10.0.0.1')
  })

  it('gives IPv4 its own form and counts IPv6 by its /64', () => {
    expect(direct.resolve('::ffff:192.0.2.1', null)).toEqual({
      address: '192.0.2.1', addressGroup: '192.0.2.1', isLoopback: false,
    })
    expect(direct.resolve('2001:DB8:1:2:aaaa::1', null)).toEqual({
      address: '2001:db8:1:2:aaaa::1', addressGroup: '2001:db8:1:2::/64', isLoopback: false,
    })
  })

  it('knows loopback in both families', () => {
    expect(direct.resolve('127.8.8.8', null).isLoopback).toBe(true)
    expect(direct.resolve('::1', null).isLoopback).toBe(true)
    expect(direct.resolve(undefined, null)).toMatchObject({ address: 'unknown', isLoopback: false })
  })
})
