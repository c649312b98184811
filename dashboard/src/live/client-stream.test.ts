import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ClientStream } from './client-stream.js'
import type { StreamStatus } from './room-stream.js'

/** A WebSocket whose other end is the test. */
class FakeSocket {
  static made: FakeSocket[] = []
  onopen: ((event: object) => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  onerror: (() => void) | null = null
  readonly sent: { id?: number; event: string; data: unknown }[] = []
  constructor() {
    FakeSocket.made.push(this)
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as { event: string; data: unknown })
  }
  close(): void {}
  greet(): void {
    this.onopen?.({})
    this.push({ event: 'connected', connection: 'c1', session: 's1', serverTime: Date.now() + 250, pingMs: 25_000 })
  }
  push(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
}
const newest = (): FakeSocket => FakeSocket.made.at(-1) as FakeSocket
const joins = (): unknown[] =>
  newest()
    .sent.filter((frame) => frame.event === 'join')
    .map((frame) => frame.data)

describe('the stream of the live hub', () => {
  let stream: ClientStream
  let due: (() => void)[]
  let statuses: StreamStatus[]

  beforeEach(() => {
    FakeSocket.made = []
    due = []
    statuses = []
    const clock = {
      now: () => Date.now(),
      after: (_: number, run: () => void) => (due.push(run), () => void (due = due.filter((each) => each !== run))),
    }
    stream = new ClientStream('ws://x/v1/live', { WebSocket: FakeSocket, clock, random: () => 0 })
    stream.onStatus = (status) => statuses.push(status)
    stream.start()
  })
  afterEach(() => stream.stop())

  it('joins what is watched once the hub greets, and tells its clock', () => {
    let offset = 0
    stream.onClock = (offsetMs) => (offset = offsetMs)
    stream.join('sys:stats', () => {})
    expect(joins()).toEqual([])
    newest().greet()
    expect(joins()).toEqual([{ room: 'sys:stats' }])
    expect(Math.abs(offset - 250)).toBeLessThan(50)
    expect(statuses).toEqual(['connecting', 'open'])
  })

  it('hands a message to everyone who watches its room, and leaves after the last of them', async () => {
    newest().greet()
    const heard: unknown[] = []
    const first = stream.join('sys:stats', (data) => heard.push(['first', data]))
    const second = stream.join('sys:stats', (data) => heard.push(['second', data]))
    newest().push({ id: 1, ok: { room: {}, epoch: 'e', offset: 0 } })
    newest().push({ event: 'message', room: 'sys:stats', offset: 1, data: 7 })
    await expect
      .poll(() => heard)
      .toEqual([
        ['first', 7],
        ['second', 7],
      ])
    first()
    expect(newest().sent.some((frame) => frame.event === 'leave')).toBe(false)
    second()
    expect(newest().sent.at(-1)).toMatchObject({ event: 'leave', data: { room: 'sys:stats' } })
  })

  it('waits after a lost connection and rejoins its rooms', () => {
    stream.join('sys:stats', () => {})
    newest().greet()
    newest().push({ id: 1, ok: { room: {}, epoch: 'e', offset: 0 } })
    newest().onclose?.({ code: 1006, reason: '' })
    expect(statuses.at(-1)).toBe('waiting')
    for (const run of due.splice(0)) run()
    expect(FakeSocket.made).toHaveLength(2)
    newest().greet()
    for (const run of due.splice(0)) run()
    expect(JSON.stringify(joins())).toContain('sys:stats')
  })

  it('ends when the hub refuses it, until it is told to reconnect', () => {
    newest().greet()
    newest().onclose?.({ code: 4500, reason: 'auth_revoked c1' })
    expect([statuses.at(-1), FakeSocket.made.length]).toEqual(['ended', 1])
    stream.reconnect()
    expect(FakeSocket.made).toHaveLength(2)
  })
})
