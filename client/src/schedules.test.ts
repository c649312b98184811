import { describe, expect, it } from 'vitest'
import { connectOk, ManualClock, settled, start, type FakeSocket } from './testing.js'

/** Numbers in [0, 1) from a printed seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Sent {
  readonly id?: number
  readonly event: string
  readonly data: { readonly rooms?: readonly { readonly since?: { readonly offset: number } }[] }
}

/** A room with a history, served over whichever sockets are open; answers and pushes reach the client late. */
class ScriptedRoom {
  offset = 0
  readonly #read = new Map<FakeSocket, number>()
  /** What is on its way over each socket, in order. */
  readonly #wire = new Map<FakeSocket, object[]>()
  readonly #members = new Set<FakeSocket>()

  constructor(
    private readonly random: () => number,
    private readonly hasHistory: boolean,
  ) {}

  publish(): void {
    this.offset += 1
    for (const socket of this.#members) this.#send(socket, this.#message(this.offset))
  }

  drain(socket: FakeSocket): void {
    this.#send(socket, { event: 'drain', operation: 'op', deadline: 0, reconnectAfterMs: 10 })
  }

  cut(socket: FakeSocket): void {
    this.#members.delete(socket)
    this.#wire.delete(socket)
  }

  /** Reads what the client sent, and lets some of what is on its way arrive. */
  async turn(socket: FakeSocket): Promise<void> {
    if (socket.closed !== undefined) return this.cut(socket)
    const from = this.#read.get(socket) ?? 0
    this.#read.set(socket, socket.sent.length)
    for (const request of socket.sent.slice(from)) this.#answer(socket, request)
    const wire = this.#wire.get(socket) ?? []
    for (let left = Math.floor(this.random() * 4); left > 0 && socket.closed === undefined; left -= 1) {
      const frame = wire.shift()
      if (frame !== undefined) await socket.frame(frame)
    }
  }

  #answer(socket: FakeSocket, { id, event, data }: Sent): void {
    if (event === 'connect') return this.#send(socket, { id, ok: connectOk({ pingMs: 3_600_000 }) })
    if (event !== 'join') return this.#send(socket, { id, ok: {} })
    const since = data.rooms?.[0]?.since?.offset
    const ok = { room: {}, epoch: 'e1', offset: this.offset }
    if (data.rooms === undefined || since === undefined) {
      this.#send(socket, { id, ok: data.rooms === undefined ? ok : { results: [{ room: 'chat:a', ok }] } })
    } else {
      const messages = Array.from({ length: this.offset - since }, (_, index) => this.#message(since + 1 + index))
      // Some servers let live messages overtake the answer that quotes an earlier offset.
      if (this.random() < 0.3 && !this.#members.has(socket)) {
        this.offset += 1
        for (const member of [...this.#members, socket]) this.#send(member, this.#message(this.offset))
      }
      const outcome =
        this.hasHistory || messages.length === 0
          ? { recovered: true, messages }
          : { recovered: false, reason: 'history_off', missed: messages.length }
      this.#send(socket, { id, ok: { results: [{ room: 'chat:a', ok: { ...ok, ...outcome } }] } })
    }
    this.#members.add(socket)
  }

  #message(offset: number): object {
    return { event: 'message', room: 'chat:a', offset, data: offset }
  }

  #send(socket: FakeSocket, frame: object): void {
    this.#wire.set(socket, [...(this.#wire.get(socket) ?? []), frame])
  }
}

interface Played {
  readonly heard: number[]
  /** How many messages gaps counted. */
  readonly missed: number
  readonly told: unknown[]
  readonly begin: number
  readonly end: number
}

async function play(seed: number, hasHistory: boolean): Promise<Played> {
  const random = seeded(seed)
  const { connection, made, clock } = start({ random })
  const room = new ScriptedRoom(random, hasHistory)
  const heard: number[] = []
  const told: unknown[] = []
  let begin = -1
  let missed = 0
  for (const event of ['left', 'error'] as const) connection.on(event, (detail) => told.push(event, detail))
  connection.on('gap', ({ count = Number.NaN }) => (missed += count))
  const handlers = {
    onMessage: ({ offset }: { readonly offset: number }) => heard.push(offset),
    onJoined: ({ offset }: { readonly offset: number }) => (begin = begin < 0 ? offset : begin),
  }
  connection.join('chat:a', handlers).catch(() => {})
  const open = new Set<FakeSocket>()
  const turn = async (): Promise<void> => {
    for (const socket of made) {
      if (socket.closed === undefined && socket.onopen !== null && !open.has(socket)) {
        open.add(socket)
        await socket.accept()
      }
      if (open.has(socket)) await room.turn(socket)
    }
  }
  for (let step = 0; step < 120; step += 1) {
    const dice = random()
    if (dice < 0.5) room.publish()
    else if (dice < 0.55) await cut(made, open, room, random)
    else if (dice < 0.6) for (const socket of open) if (socket.closed === undefined) room.drain(socket)
    await turn()
    await clock.pass(random() * 100)
  }
  const isRead = (): boolean => connection.room('chat:a').position?.offset === room.offset
  await finish(clock, turn, () => isRead() && connection.state === 'open')
  connection.close()
  return { heard, missed, told, begin, end: room.offset }
}

async function cut(
  made: readonly FakeSocket[],
  open: Set<FakeSocket>,
  room: ScriptedRoom,
  random: () => number,
): Promise<void> {
  const living = made.filter((socket) => open.has(socket) && socket.closed === undefined)
  const socket = living[Math.floor(random() * living.length)]
  if (socket === undefined) return
  open.delete(socket)
  room.cut(socket)
  await socket.lose(1006)
}

async function finish(clock: ManualClock, turn: () => Promise<void>, isDone: () => boolean): Promise<void> {
  for (let step = 0; step < 2000 && !isDone(); step += 1) {
    await turn()
    await clock.pass(50)
  }
  await settled()
}

const first = Number(process.env['SCHEDULE_SEED'] ?? 1)
const seeds = Array.from({ length: 150 }, (_, index) => first + index)

describe('over any schedule of cuts, drains and late answers', () => {
  it('delivers each message once and in order if the server kept them all', async () => {
    for (const seed of seeds) {
      const { heard, missed, told, begin, end } = await play(seed, true)
      const all = Array.from({ length: end - begin }, (_, index) => begin + 1 + index)
      expect({ seed, heard, missed, told }).toEqual({ seed, heard: all, missed: 0, told: [] })
    }
  })

  it('delivers each message at most once and in order, and counts all others, if the server kept none', async () => {
    let lost = 0
    for (const seed of seeds) {
      const { heard, missed, told, begin, end } = await play(seed, false)
      expect({ seed, heard, told }).toEqual({ seed, heard: [...new Set(heard)].sort((a, b) => a - b), told: [] })
      expect({ seed, accounted: heard.length + missed }).toEqual({ seed, accounted: end - begin })
      lost += missed
    }
    expect(lost).toBeGreaterThan(seeds.length)
  })
})
