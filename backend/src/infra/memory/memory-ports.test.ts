import { describe, expect, it } from 'vitest'
import { busContract } from '../../../test/contracts/bus-contract.js'
import { sessionStoreContract } from '../../../test/contracts/session-store-contract.js'
import { sharedLimitsContract } from '../../../test/contracts/shared-limits-contract.js'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import { busModes } from '../../realtime/testing/modes.js'
import { SeededRandom } from '../../realtime/testing/seeded-random.js'
import { BusFaults, type FaultPlan } from './bus-faults.js'
import { MemoryBus } from './memory-bus.js'
import { MemoryLimits } from './memory-limits.js'
import { MemorySessions } from './memory-sessions.js'
import { MemoryStreams } from './memory-streams.js'

function busWith(clock: ManualClock, random: SeededRandom, faults?: Omit<FaultPlan, 'random'>): MemoryBus {
  const streams = new MemoryStreams(clock, random)
  return new MemoryBus(streams, faults === undefined ? null : new BusFaults({ ...faults, random }, clock))
}

function passing(clock: ManualClock): { settle: () => Promise<void>; pass: (ms: number) => Promise<void> } {
  const pass = (ms: number): Promise<void> => {
    clock.advance(ms)
    return Promise.resolve()
  }
  return { pass, settle: () => pass(50) }
}

describe.each(busModes)('the memory bus as $mode', ({ faults }) => {
  busContract(() => {
    const clock = new ManualClock()
    const random = new SeededRandom(3)
    const bus = busWith(clock, random, faults)
    return Promise.resolve({ bus, ...passing(clock) })
  })
})

describe('the memory bus', () => {
  it('forgets unused streams, and stops its timer when closed', async () => {
    const clock = new ManualClock()
    const bus = busWith(clock, new SeededRandom(1))
    for (let i = 0; i < 100; i += 1) bus.publish(`r${i}`, { data: '1', from: null, key: 'k', scope: 's' }, () => {})
    expect(bus['streams'].count).toBe(100)
    clock.advance(66_000)
    expect(bus['streams'].count).toBe(0)
    await bus.close()
    expect(clock.timerCount).toBe(0)
  })

  it('[M-4] remembers the newest 200,000 keys', () => {
    const bus = busWith(new ManualClock(), new SeededRandom(6))
    const isKnown = (key: number): boolean => {
      let duplicate: boolean | undefined
      bus.publish('r', { data: '1', from: null, key: String(key), scope: 's' }, (outcome) => {
        if (outcome.ok) duplicate = outcome.duplicate
      })
      return duplicate === true
    }
    for (let key = 0; key < 200_000; key += 1) isKnown(key)
    expect(isKnown(0)).toBe(true)
    isKnown(200_000)
    expect([isKnown(1), isKnown(0)]).toEqual([true, false])
  })

  it('reorders rooms in test mode', () => {
    const clock = new ManualClock()
    const random = new SeededRandom(2)
    const bus = busWith(clock, random, { late: true, reorder: true, errors: false })
    const order: number[] = []
    for (let i = 0; i < 20; i += 1) bus.publish(`r${i}`, { data: '1', from: null }, () => order.push(i))
    expect(order).toEqual([])
    clock.advance(50)
    expect(order).toHaveLength(20)
    expect(order).not.toEqual(order.toSorted((a, b) => a - b))
  })

  it('fails one call in ten in test mode, and accepts a message whose outcome it reports as unknown', () => {
    const clock = new ManualClock()
    const random = new SeededRandom(4)
    const bus = busWith(clock, random, { late: false, reorder: false, errors: true })
    const errors: string[] = []
    let last = 0
    for (let i = 0; i < 1_000; i += 1) {
      bus.publish('r', { data: '1', from: null }, (outcome) => {
        if (outcome.ok) last = outcome.offset
        else errors.push(outcome.error)
      })
    }
    expect(errors.length).toBeGreaterThan(60)
    expect(errors.length).toBeLessThan(140)
    const taken = 1_000 - errors.filter((error) => error === 'unavailable').length
    expect(taken - last).toBeLessThan(5)
  })
})

describe.each([0, 20])('the memory sessions, completing within %i ms', (lateMs) => {
  sessionStoreContract(() => {
    const clock = new ManualClock()
    return Promise.resolve({ sessions: new MemorySessions(clock, new SeededRandom(5), lateMs), ...passing(clock) })
  })
})

describe('the memory limits', () => {
  sharedLimitsContract(() => {
    const clock = new ManualClock()
    return Promise.resolve({ limits: new MemoryLimits(clock), ...passing(clock) })
  })

  it('forget buckets that are full again', () => {
    const clock = new ManualClock()
    const limits = new MemoryLimits(clock)
    for (let i = 0; i < 1_000; i += 1) limits.take(`a${i}`, 1, 5, 10)
    expect(limits.count).toBe(1_000)
    clock.advance(6_000)
    expect(limits.count).toBe(0)
  })
})
