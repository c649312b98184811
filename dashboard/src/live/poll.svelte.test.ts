import { flushSync } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { poll } from './poll.js'

describe('polling', () => {
  let rows = $state.raw<number[]>([])
  let asked = 0
  let live: { pausedAt: number | null }
  let stop: () => void
  const refresh = async (): Promise<void> => {
    asked += 1
    rows = [...rows, rows.length]
  }

  beforeEach(() => {
    vi.useFakeTimers()
    rows = []
    asked = 0
    live = { pausedAt: null }
    stop = $effect.root(() => {
      $effect(() => poll(live, 2000, refresh))
    })
    flushSync()
  })
  afterEach(() => {
    stop()
    vi.useRealTimers()
  })
  const pass = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms)
    flushSync()
  }

  it('asks at once and then at its pace, whatever the answers change', async () => {
    await pass(0)
    expect(asked).toBe(1)
    await pass(1999)
    expect(asked).toBe(1)
    await pass(1)
    expect(asked).toBe(2)
  })

  it('asks nothing while the page is paused', async () => {
    live.pausedAt = 1
    await pass(10_000)
    expect(asked).toBe(1)
    live.pausedAt = null
    await pass(2000)
    expect(asked).toBe(2)
  })

  it('ends with its effect', async () => {
    stop()
    await pass(10_000)
    expect(asked).toBe(1)
  })
})
