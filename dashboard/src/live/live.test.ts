import { beforeEach, describe, expect, it } from 'vitest'
import { Live } from './live.svelte.js'
import type { RoomStream } from './room-stream.js'

class FakeStream implements RoomStream {
  onStatus: RoomStream['onStatus'] = () => {}
  onClock: RoomStream['onClock'] = () => {}
  readonly rooms = new Map<string, Set<(data: unknown) => void>>()
  join(room: string, onData: (data: unknown) => void): () => void {
    const listeners = this.rooms.get(room) ?? new Set()
    this.rooms.set(room, listeners.add(onData))
    return () => listeners.delete(onData)
  }
  start(): void {}
  stop(): void {}
  reconnect(): void {}
  send(room: string, data: unknown): void {
    for (const listener of this.rooms.get(room) ?? []) listener(data)
  }
}

describe('the live data', () => {
  let stream: FakeStream
  let live: Live
  let frames: (() => void)[]
  let now: number
  const draw = (): void => frames.splice(0).forEach((run) => run())
  const pass = (ms: number): void => {
    now += ms
    stream.onClock(0)
  }

  beforeEach(() => {
    stream = new FakeStream()
    frames = []
    now = 1_000_000
    live = new Live(
      stream,
      (run) => frames.push(run),
      () => now,
    )
    live.start()()
    live.start()
  })

  it('hands on what arrived once per animation frame', () => {
    const seen: number[] = []
    live.watch<number>('sys:stats', (data) => seen.push(data))
    stream.send('sys:stats', 1)
    stream.send('sys:stats', 2)
    expect([frames.length, seen]).toEqual([1, []])
    draw()
    expect(seen).toEqual([1, 2])
  })

  it('keeps a quarter of an hour of samples for a page that is not drawn, and no more', () => {
    const seen: number[] = []
    live.watch<number>('sys:stats', (data) => seen.push(data))
    for (let sample = 0; sample < 1000; sample++) stream.send('sys:stats', sample)
    draw()
    expect([seen.length, seen[0]]).toEqual([900, 100])
  })

  it('holds everything back while paused, counts it, and hands it on afterwards', () => {
    const seen: number[] = []
    live.watch<number>('sys:stats', (data) => seen.push(data))
    live.togglePause()
    stream.send('sys:stats', 1)
    stream.send('sys:stats', 2)
    draw()
    expect([seen, live.waiting, live.pausedAt]).toEqual([[], 2, now])
    live.togglePause()
    draw()
    expect([seen, live.waiting, live.pausedAt]).toEqual([[1, 2], 0, null])
  })

  it('hands nothing to a watcher that has stopped', () => {
    const seen: number[] = []
    const leave = live.watch<number>('sys:stats', (data) => seen.push(data))
    stream.send('sys:stats', 1)
    leave()
    draw()
    expect(seen).toEqual([])
  })

  it('is as fresh as the newest sample of the stats', () => {
    expect(live.freshness.state).toBe('connecting')
    stream.send('sys:rooms', 1)
    expect(live.freshness.state).toBe('connecting')
    stream.send('sys:stats', 1)
    const heardAt = now
    expect([live.freshness.state, live.freshness.ageMs]).toEqual(['live', 0])
    pass(15_001)
    expect([live.freshness.state, live.freshness.lostSince]).toEqual(['lost', heardAt])
  })

  it('becomes lost without a first sample too', () => {
    pass(15_001)
    expect(live.freshness.state).toBe('lost')
  })
})
