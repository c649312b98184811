import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backoff } from './backoff.js'
import { SocketStream } from './socket-stream.js'

class FakeSocket {
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  readonly sent: unknown[] = []
  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }
  close(): void {}
  push(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
}

describe('the stream of the live hub', () => {
  let sockets: FakeSocket[]
  let stream: SocketStream
  const last = (): FakeSocket => sockets.at(-1) as FakeSocket

  beforeEach(() => {
    vi.useFakeTimers()
    sockets = []
    const open = (): WebSocket => {
      sockets.push(new FakeSocket())
      return last() as unknown as WebSocket
    }
    stream = new SocketStream('ws://x/v1/live', open, () => 0.5)
    stream.start()
  })
  afterEach(() => {
    stream.stop()
    vi.useRealTimers()
  })

  it('joins every room in one request once the hub greets, and tells its clock', () => {
    const onClock = vi.fn()
    stream.onClock = onClock
    stream.join('sys:stats', () => {})
    stream.join('sys:connections', () => {})
    expect(last().sent).toEqual([])
    last().push({ event: 'connected', serverTime: Date.now() + 250 })
    expect(onClock).toHaveBeenCalledWith(250)
    expect(last().sent).toEqual([{ id: 1, event: 'join', data: { rooms: [{ room: 'sys:stats' }, { room: 'sys:connections' }] } }])
  })

  it('hands a message to whoever joined its room, and leaves after the last of them', () => {
    last().push({ event: 'connected', serverTime: 0 })
    const heard: unknown[] = []
    const leaveFirst = stream.join('sys:stats', (data) => heard.push(data))
    const leaveSecond = stream.join('sys:stats', () => {})
    last().push({ event: 'message', room: 'sys:stats', offset: 1, data: { at: 1 } })
    last().push({ event: 'message', room: 'sys:other', offset: 1, data: { at: 2 } })
    expect(heard).toEqual([{ at: 1 }])
    leaveFirst()
    leaveSecond()
    expect(last().sent).toEqual([
      { id: 1, event: 'join', data: { room: 'sys:stats' } },
      { event: 'leave', data: { room: 'sys:stats' } },
    ])
  })

  it('hands over the newest value that a join answers with', () => {
    last().push({ event: 'connected', serverTime: 0 })
    const heard: unknown[] = []
    stream.join('sys:stats', (data) => heard.push(data))
    last().push({ id: 1, ok: { messages: [{ event: 'message', room: 'sys:stats', offset: 3, data: 'newest' }] } })
    last().push({
      id: 2,
      ok: {
        results: [
          { room: 'sys:other', error: { code: 'forbidden', message: 'no' } },
          { room: 'sys:stats', ok: { messages: [{ event: 'message', room: 'sys:stats', offset: 4, data: 'newer' }] } },
        ],
      },
    })
    expect(heard).toEqual(['newest', 'newer'])
  })

  it('comes back after a cut and joins again', () => {
    stream.join('sys:stats', () => {})
    last().push({ event: 'connected', serverTime: 0 })
    last().onclose?.({ code: 1006 })
    expect(sockets).toHaveLength(1)
    vi.advanceTimersByTime(250)
    expect(sockets).toHaveLength(2)
    last().push({ event: 'connected', serverTime: 0 })
    expect(last().sent).toEqual([{ id: 2, event: 'join', data: { rooms: [{ room: 'sys:stats' }] } }])
  })

  it('holds a silent socket for dead', () => {
    last().push({ event: 'connected', serverTime: 0 })
    vi.advanceTimersByTime(20_000 + 250)
    expect(sockets).toHaveLength(2)
  })

  it('does not come back when the session is over', () => {
    const statuses: string[] = []
    stream.onStatus = (status) => statuses.push(status)
    last().onclose?.({ code: 4500 })
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(1)
    expect(statuses).toEqual(['ended'])
  })
})

describe('the wait before the next attempt', () => {
  it('is random up to a limit that doubles and ends at 15 s', () => {
    expect([0, 1, 2, 10].map((attempt) => backoff(attempt, 0.999_999))).toEqual([500, 1000, 2000, 15_000])
    expect(backoff(3, 0)).toBe(0)
  })
})
