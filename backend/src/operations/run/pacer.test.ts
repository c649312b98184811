import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import { Pacer, slotBound, SLOT_MS, STEP_MS } from './pacer.js'

/** Asks the pacer as a run does, at steps that come early and late, and notes when closes were issued. */
function drive(
  pacer: Pacer,
  clock: ManualClock,
  forMs: number,
  lateness: () => number,
): { atMs: number; count: number }[] {
  const issued: { atMs: number; count: number }[] = []
  const endMs = clock.nowMs() + forMs
  while (clock.nowMs() < endMs) {
    clock.advance(Math.max(0.1, STEP_MS + lateness()))
    const count = pacer.take(Infinity)
    if (count > 0) issued.push({ atMs: clock.nowMs(), count })
  }
  return issued
}

const total = (issued: { count: number }[]): number => issued.reduce((sum, { count }) => sum + count, 0)

/** The most issued within any window of 100 ms. */
function fullestSlot(issued: { atMs: number; count: number }[]): number {
  let fullest = 0
  for (const { atMs } of issued) {
    const within = issued.filter((step) => step.atMs > atMs - SLOT_MS && step.atMs <= atMs)
    fullest = Math.max(fullest, total(within))
  }
  return fullest
}

const rates = fc.oneof(fc.double({ min: 0.5, max: 40, noNaN: true }), fc.double({ min: 40, max: 5000, noNaN: true }))
/** Milliseconds by which steps miss their time: mostly little, and once in a round the loop stalls. */
const delays = fc
  .tuple(
    fc.array(fc.integer({ min: -5, max: 25 }), { minLength: 75, maxLength: 120 }),
    fc.integer({ min: 0, max: 300 }),
  )
  .map(([small, stall]) => [...small, stall])

describe('Pacer', () => {
  test('issues within 10 % of the plan and never more than 1.5 times the target in any 100 ms', () => {
    fc.assert(
      fc.property(rates, delays, (rate, offTimes) => {
        const clock = new ManualClock()
        const pacer = new Pacer(clock, rate)
        pacer.start()
        let i = 0
        const forMs = Math.max(20_000, 40_000 / rate)
        const issued = drive(pacer, clock, forMs, () => offTimes[i++ % offTimes.length] as number)
        const planned = (rate * clock.nowMs()) / 1000
        expect(fullestSlot(issued)).toBeLessThanOrEqual(slotBound(rate))
        expect(total(issued)).toBeGreaterThanOrEqual(Math.floor(planned * 0.9))
        expect(total(issued)).toBeLessThanOrEqual(planned + 1e-6)
      }),
      { numRuns: 60 },
    )
  })

  test('keeps the bound of the rates in force when the rate changes or it pauses', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ rate: rates, pause: fc.boolean(), ms: fc.integer({ min: 50, max: 2000 }) }), {
          minLength: 2,
          maxLength: 12,
        }),
        (acts) => {
          const clock = new ManualClock()
          const pacer = new Pacer(clock, 10)
          pacer.start()
          const all: { atMs: number; count: number; rate: number }[] = []
          for (const { rate, pause, ms } of acts) {
            if (pause) pacer.stop()
            else pacer.start()
            pacer.setRate(rate)
            const issued = drive(pacer, clock, ms, () => 0)
            if (pause) expect(issued).toEqual([])
            all.push(...issued.map((step) => ({ ...step, rate })))
          }
          for (const { atMs } of all) {
            const slot = all.filter((step) => step.atMs > atMs - SLOT_MS && step.atMs <= atMs)
            expect(total(slot)).toBeLessThanOrEqual(Math.max(...slot.map((step) => slotBound(step.rate))))
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  test('does not make up for the time it was stopped', () => {
    const clock = new ManualClock()
    const pacer = new Pacer(clock, 100)
    pacer.start()
    clock.advance(100)
    pacer.stop()
    clock.advance(60_000)
    pacer.start()
    expect(pacer.take(Infinity)).toBeLessThanOrEqual(1)
    expect(total(drive(pacer, clock, 1000, () => 0))).toBeLessThanOrEqual(101)
  })

  test('catches up on a stall of 2 s within the bound', () => {
    const clock = new ManualClock()
    const pacer = new Pacer(clock, 100)
    pacer.start()
    clock.advance(2000)
    const issued = drive(pacer, clock, 6000, () => 0)
    expect(fullestSlot(issued)).toBeLessThanOrEqual(15)
    expect(total(issued)).toBe(800)
  })

  test.each([
    [0.1, 2],
    [10, 3],
    [39.9, 7],
    [40, 6],
    [1000, 150],
  ])('allows at %d a second %i closes in a slot', (rate, bound) => {
    expect(slotBound(rate)).toBe(bound)
  })
})
