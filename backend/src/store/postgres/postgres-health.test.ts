import { expect, it } from 'vitest'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import type { StoreState } from '../repositories/store-health.js'
import { PostgresHealth } from './postgres-health.js'

/** A database whose pings are answered by the test. */
function probed() {
  const clock = new ManualClock()
  const probes: PromiseWithResolvers<void>[] = []
  const outage: { tell: () => void } = { tell: () => undefined }
  const health = new PostgresHealth(
    {
      onOutage: (listener) => void (outage.tell = listener),
      probe: () => {
        const probe = Promise.withResolvers<void>()
        probes.push(probe)
        return probe.promise
      },
      setReachable: () => undefined,
    },
    clock,
  )
  const told: StoreState[] = []
  health.onChange((state) => told.push(state))
  const answer = async (isUp: boolean): Promise<void> => {
    const probe = probes.at(-1) as PromiseWithResolvers<void>
    if (isUp) probe.resolve()
    else probe.reject(new Error('the server has gone'))
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }
  return { clock, health, outage, probes, told, answer }
}

it('reports that PostgreSQL went down and came back', async () => {
  const { clock, health, told, answer } = probed()
  health.start()
  clock.advance(1000)
  await answer(false)
  clock.advance(1000)
  await answer(true)
  expect(told.map(({ isUp }) => isUp)).toEqual([false, true])
})

it('reports nothing for a ping that fails after the stop, which ends the connections itself', async () => {
  const { clock, health, outage, probes, told, answer } = probed()
  health.start()
  clock.advance(1000)
  health.stop()
  await answer(false)
  outage.tell()
  clock.advance(5000)
  expect([told, health.state().isUp, probes.length]).toEqual([[], true, 1])
})
