import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { busPlans, Story } from './testing/story.js'

const isLong = process.env['GATEHOUSE_TEST_SIZE'] === 'long'
const runs = Number(process.env['PROPERTY_RUNS'] ?? (isLong ? 5_000 : 150))
const longestMs = isLong ? 600_000 : 60_000

describe('any story of connections, rooms, resumes and slow readers', () => {
  it.each([
    { order: 'in the order asked', anyOrder: false },
    { order: 'in any order within one turn', anyOrder: true },
  ])(
    '[U-1] [U-2] [U-3] keeps the books balanced, every order whole and every loss told, $order',
    ({ anyOrder }) => {
      const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 1_000_000_000)
      console.log(`hub.property.test.ts runs with PROPERTY_SEED=${seed}`)
      const step = fc.noBias(fc.tuple(fc.nat(99), fc.nat(8), fc.nat(7), fc.integer({ min: 1, max: 60 })))
      let deliveries = 0
      let dropped = 0
      let recovered = 0
      fc.assert(
        fc.property(
          fc.array(step, { minLength: 40, maxLength: 200, size: 'max' }),
          fc.constantFrom(...busPlans),
          fc.integer(),
          (steps, faults, chance) => {
            const story = new Story({ faults, seed: chance, anyOrder })
            for (const one of steps) story.play(one)
            story.end()
            const { books } = story.t.hub
            deliveries += books.writtenDeliveries
            dropped += books.droppedDeliveries
            recovered += books.recoveredMessages
          },
        ),
        { seed, numRuns: runs, interruptAfterTimeLimit: longestMs },
      )
      console.log(`${deliveries} deliveries written, ${dropped} dropped, ${recovered} messages recovered`)
      // A run in which nothing was delivered, dropped or recovered would prove nothing.
      expect(deliveries).toBeGreaterThan(1_000)
      expect(dropped).toBeGreaterThan(10)
      expect(recovered).toBeGreaterThan(10)
    },
    longestMs + 60_000,
  )
})
