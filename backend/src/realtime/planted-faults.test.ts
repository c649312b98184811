import { AssertionError } from 'node:assert'
import { describe, expect, it } from 'vitest'
import { deliveryFaults, streamFaults, type PlantedFault } from './testing/faults.js'
import { busPlans, randomSteps, Story } from './testing/story.js'
import { tap } from './testing/tap.js'

/** The most stories until a fault must be found. */
const MOST_STORIES = 150
/** The same stories each time, unless another seed is asked for: the proof of the checks must not depend on the day. */
const seed = Number(process.env['PROPERTY_SEED'] ?? 20_261_123)
console.log(`planted-faults.test.ts runs with PROPERTY_SEED=${seed}`)

/** Plays stories until the checks complain; returns the complaint, or undefined. Any other error is thrown on. */
function complaint(plant: PlantedFault['plant'], stories: number): string | undefined {
  for (let i = 0; i < stories; i += 1) {
    let unplant: (() => void) | void = undefined
    try {
      const story = new Story({
        faults: busPlans[i % busPlans.length],
        seed: seed + i,
        anyOrder: i % 2 === 1,
        plant: (t) => {
          unplant = plant(t)
        },
      })
      for (const step of randomSteps(seed + i)) story.play(step)
      story.end()
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error
      return error.message
    } finally {
      ;(unplant as (() => void) | undefined)?.()
    }
  }
  return undefined
}

describe('the checks of the stories', () => {
  it.each([...streamFaults, ...deliveryFaults])('catch a hub that $name', ({ plant, caughtAs }) => {
    expect(complaint(plant, MOST_STORIES)).toMatch(caughtAs)
  })

  it('accept a bus that brings messages twice, because the rooms ignore the second', () => {
    const twice: PlantedFault['plant'] = (t) => {
      tap(t.bus, 'onMessage', (onMessage) => (receive) => {
        onMessage((room, message) => {
          receive(room, message)
          receive(room, message)
        })
      })
    }
    expect(complaint(twice, 30)).toBeUndefined()
  })
})
