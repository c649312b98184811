import { describe, expect, it } from 'vitest'
import { addressGroup, addressPrefix, isLoopback, recordedAddress } from './address.js'

describe('addresses', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:DB8::1', '2001:db8:0:0::/64', '2001:db8:0::/48'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0::/48'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64', '64:ff9b:0::/48'],
    ['::', '0:0:0:0::/64', '0:0:0::/48'],
  ])('[L-1] %s counts as %s and is suppressed by %s', (address, group, prefix) => {
    expect(addressGroup(address)).toBe(group)
    expect(addressPrefix(address)).toBe(prefix)
  })

  it('counts text that is not an address as itself', () => {
    expect(addressGroup('unix')).toBe('unix')
    expect(addressGroup('1:2:3')).toBe('1:2:3')
    expect(addressGroup('1::2::3')).toBe('1::2::3')
  })

  it('knows the addresses of its own machine', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1'].every(isLoopback)).toBe(true)
    expect(['128.0.0.1', '::2', '::', '10.0.0.1', 'localhost'].some(isLoopback)).toBe(false)
  })

  it('records as much as RECORD_IP allows', () => {
    expect(recordedAddress('::ffff:203.0.113.7', 'full')).toBe('203.0.113.7')
    expect(recordedAddress('2001:db8::1', 'prefix')).toBe('2001:db8:0::/48')
    expect(recordedAddress('203.0.113.7', 'none')).toBeNull()
  })
})
