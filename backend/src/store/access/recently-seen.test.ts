import { describe, expect, it, vi } from 'vitest'
import { ManualClock } from '../../realtime/testing/manual-clock.js'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { RecentlySeen } from './recently-seen.js'

const hash = Buffer.from('a hash')

describe('RecentlySeen', () => {
  it('asks once while the last answer is fresh, and again after it', async () => {
    const clock = new ManualClock()
    const seen = new RecentlySeen<string>(clock)
    const load = vi.fn(() => Promise.resolve('worth'))
    for (let i = 0; i < 3; i += 1) expect(await seen.ask(hash, load, 5_000)).toBe('worth')
    expect(load).toHaveBeenCalledTimes(1)
    clock.advance(5_000)
    await seen.ask(hash, load, 5_000)
    expect(load).toHaveBeenCalledTimes(2)
    await seen.ask(hash, load)
    expect(load).toHaveBeenCalledTimes(3)
  })

  it('accepts for 15 minutes what it has seen while PostgreSQL is down, and nothing else', async () => {
    const clock = new ManualClock()
    const seen = new RecentlySeen<string>(clock)
    await seen.ask(hash, () => Promise.resolve('worth'), 5_000)
    const down = () => Promise.reject(new StoreUnavailable())
    clock.advance(15 * 60_000)
    expect(await seen.ask(hash, down, 5_000)).toBe('worth')
    await expect(seen.ask(Buffer.from('another'), down, 5_000)).rejects.toThrow(StoreUnavailable)
    clock.advance(1)
    await expect(seen.ask(hash, down, 5_000)).rejects.toThrow(StoreUnavailable)
  })

  it('reads again if something was forgotten during the read', async () => {
    const seen = new RecentlySeen<string>(new ManualClock())
    const answers: ((value: string | undefined) => void)[] = []
    const load = vi.fn(() => new Promise<string | undefined>((resolve) => void answers.push(resolve)))
    const asked = seen.ask(hash, load, 5_000)
    seen.forget((value) => value === 'revoked since')
    answers[0]?.('revoked since')
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2))
    answers[1]?.(undefined)
    expect(await asked).toBeUndefined()
    const again = seen.ask(hash, load, 5_000)
    expect(load).toHaveBeenCalledTimes(3)
    answers[2]?.('other')
    expect(await again).toBe('other')
  })
})
