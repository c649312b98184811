import { describe, expect, it } from 'vitest'
import { ClientAddresses } from './client-address.js'

describe('ClientAddresses', () => {
  const direct = new ClientAddresses([])
  const behind = new ClientAddresses([
    ['10.0.0.0', 8],
    ['fd00::', 8],
  ])

  it('ignores X-Forwarded-For of a caller that is not a declared proxy', () => {
    expect(direct.resolve('192.0.2.1', '1.2.3.4')).toBe('192.0.2.1')
    expect(behind.resolve('192.0.2.1', '1.2.3.4')).toBe('192.0.2.1')
  })

  it('reads the chain from the right, past declared proxies only', () => {
    expect(behind.resolve('10.0.0.1', '1.2.3.4')).toBe('1.2.3.4')
    expect(behind.resolve('10.0.0.1', '6.6.6.6, 1.2.3.4, 10.9.9.9')).toBe('1.2.3.4')
    expect(behind.resolve('fd00::1', '2001:db8::5')).toBe('2001:db8::5')
  })

  it('stops at a hop that is not an address', () => {
    expect(behind.resolve('10.0.0.1', '1.2.3.4, <script>')).toBe('10.0.0.1')
    expect(behind.resolve('10.0.0.1', '010.0.0.9')).toBe('10.0.0.1')
    expect(behind.resolve('10.0.0.1', '')).toBe('10.0.0.1')
  })

  it('gives IPv4 its own form and IPv6 its short one', () => {
    expect(direct.resolve('::ffff:192.0.2.1', null)).toBe('192.0.2.1')
    expect(direct.resolve('2001:DB8:1:2:0:0:0:1', null)).toBe('2001:db8:1:2::1')
    expect(direct.resolve('fe80::1%eth0', null)).toBe('fe80::1')
    expect(direct.resolve(undefined, null)).toBe('unknown')
  })

  it('takes the scheme from a declared proxy, the last that wrote it, and from nobody else', () => {
    expect(behind.isHttps('10.0.0.1', 'http, https', false)).toBe(true)
    expect(behind.isHttps('10.0.0.1', 'https, http', true)).toBe(false)
    expect(behind.isHttps('192.0.2.1', 'https', false)).toBe(false)
    for (const isEncrypted of [true, false]) {
      expect(behind.isHttps('10.0.0.1', null, isEncrypted)).toBe(isEncrypted)
      expect(behind.isHttps('10.0.0.1', ' ', isEncrypted)).toBe(isEncrypted)
    }
  })
})
