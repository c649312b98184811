import { parseFilter } from '@gatehouse/protocol/rest'
import { describe, expect, test } from 'vitest'
import { FakeSocket } from '../../realtime/testing/fake-socket.js'
import { TestHub } from '../../realtime/testing/test-hub.js'
import { connectionFilter } from './connection-filter.js'

/** Three connections that differ in everything, and which of them a filter matches. */
function people() {
  const rig = new TestHub()
  const alice = rig.open({ id: 'c-alice', address: '203.0.113.7' })
  rig.authenticate(alice, rig.token('alice'), { client: { name: 'web', version: '1.4' }, labels: { region: 'eu' } })
  rig.join(alice, 'chat:lobby')
  rig.join(alice, 'chat:de:berlin')
  rig.clock.advance(60_000)
  const bob = rig.open({ id: 'c-bob', address: '2001:db8::1' }, new FakeSocket(false))
  rig.authenticate(bob, rig.token('bob'), { client: { name: 'ios' }, labels: { region: 'us' } })
  rig.join(bob, 'news')
  rig.hub.replier.push(bob.c, { event: 'notice', message: 'unread' })
  Object.assign(bob.c.health, { rttMs: 250 })
  bob.c.outbox.isSlow = true
  const guest = rig.open({ id: 'c-guest', address: '198.51.100.1' })
  rig.hub.heard(alice.c)
  rig.clock.advance(5000)
  rig.hub.heard(bob.c)
  rig.hub.heard(guest.c)
  return (filter: string): string[] => {
    const parsed = parseFilter(filter)
    if (parsed.fault !== undefined) throw new Error(parsed.fault)
    const compiled = connectionFilter(parsed.tokens, { wallMs: rig.clock.wallMs() })
    if (compiled.fault !== undefined) throw new Error(compiled.fault)
    return [...rig.hub.connections.values()].filter(compiled.fits).map(({ id }) => id.slice(2))
  }
}

describe('connectionFilter', () => {
  test.each([
    ['', ['alice', 'bob', 'guest']],
    ['user:alice', ['alice']],
    ['user:alice,bob', ['alice', 'bob']],
    ['-user:alice', ['bob', 'guest']],
    ['user:*b', ['bob']],
    ['id:c-*', ['alice', 'bob', 'guest']],
    ['id:c-al', []],
    ['room:chat:lobby', ['alice']],
    ['room:chat:**', ['alice']],
    ['room:chat:*:berlin', ['alice']],
    ['client:web,android', ['alice']],
    ['state:slow', ['bob']],
    ['state:authenticating', ['guest']],
    ['state:open', ['alice']],
    ['ip:203.0.113.0/24', ['alice']],
    ['ip:2001:db8::/32', ['bob']],
    ['ip:198.51.*', ['guest']],
    ['pending:>0', ['bob']],
    ['pending:<1k', ['alice', 'bob', 'guest']],
    ['rtt:>200ms', ['bob']],
    ['dropped:0', ['alice', 'bob', 'guest']],
    ['rooms:>1', ['alice']],
    ['rooms:0', ['guest']],
    ['since:30s', ['bob', 'guest']],
    ['since:>30s', ['alice']],
    ['idle:>4s', ['alice']],
    ['label.region:eu', ['alice']],
    ['-label.region:eu', ['bob', 'guest']],
    ['ALI', ['alice']],
    ['gue', ['guest']],
    ['client:web user:bob', []],
  ])('with %s matches %j', (filter, ids) => {
    expect(people()(filter)).toEqual(ids)
  })

  test.each([
    ['color:red', 'color is not a field'],
    ['__proto__:x', '__proto__'],
    ['constructor:x', 'constructor is not a field'],
    ['user:>a', 'user cannot be compared with >'],
    ['pending:>lots', 'pending takes a value such as 64k, not lots'],
    ['rtt:slow', 'rtt takes a value such as 500ms'],
    ['since:yesterday', 'yesterday is neither a span'],
    ['since:1m,2m', 'since takes one time'],
    ['ip:203.0.113.0/99', 'is not an address range'],
  ])('says what is wrong with %s', (filter, fault) => {
    const meets = people()
    if (fault === '__proto__') expect(meets(filter)).toEqual([])
    else expect(() => meets(filter)).toThrow(fault)
  })
})
