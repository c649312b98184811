import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FaultPlan } from '../infra/memory/bus-faults.js'
import { Story } from './testing/story.js'

const plans: readonly (Omit<FaultPlan, 'random'> | undefined)[] = [
  undefined,
  { late: true, reorder: true, errors: false },
  { late: true, reorder: true, errors: true },
]

describe('any story of connections, rooms and slow readers', () => {
  it('keeps the books balanced, every order whole and every gap told', () => {
    const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 1_000_000_000)
    console.log(`hub.property.test.ts runs with PROPERTY_SEED=${seed}`)
    const step = fc.tuple(fc.nat(99), fc.nat(7), fc.nat(4), fc.integer({ min: 1, max: 60 }))
    let deliveries = 0
    let dropped = 0
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 40, maxLength: 200, size: 'max' }),
        fc.constantFrom(...plans),
        fc.integer(),
        (steps, plan, chance) => {
          const story = new Story(plan, chance)
          for (const one of steps) story.play(one)
          story.end()
          deliveries += story.t.hub.books.writtenDeliveries
          dropped += story.t.hub.books.droppedDeliveries
        },
      ),
      { seed, numRuns: Number(process.env['PROPERTY_RUNS'] ?? 200), interruptAfterTimeLimit: 90_000 },
    )
    // A run in which nothing was delivered or dropped would prove nothing.
    expect(deliveries).toBeGreaterThan(1_000)
    expect(dropped).toBeGreaterThan(10)
    console.log(`${deliveries} deliveries written, ${dropped} dropped`)
  }, 120_000)
})
