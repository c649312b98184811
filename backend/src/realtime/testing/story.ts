import assert from 'node:assert/strict'
import type { FaultPlan } from '../../infra/memory/bus-faults.js'
import { builtInRoomType, roomTypeOf, type RoomType } from '../room-types/room-type.js'
import { FakeSocket } from './fake-socket.js'
import { RecoveryJudge } from './recovery-judge.js'
import { SessionObserver } from './session-observer.js'
import { SeededRandom } from './seeded-random.js'
import { acts } from './story-acts.js'
import { checkBooks } from './story-books.js'
import { noHistory, StoryClient, type Line, type World } from './story-client.js'
import { allRights, TestHub } from './test-hub.js'
import { Truth } from './truth.js'

const ROOMS = ['keep:a', 'drop:a', 'newest:a', 'long:a', 'long:b', 'short:a', 'spill:a', 'value:a']
const CLIENTS = 6
/** Connections at once: clients that take over have two. */
const MOST_LINES = 9

const kept = { count: 400, bytes: 2_000_000, ageMs: 60_000 }
const roomTypes: readonly RoomType[] = [
  { ...builtInRoomType, pattern: 'keep:*', memberLimit: 4 },
  { ...builtInRoomType, pattern: 'drop:*', slowPolicy: 'drop_oldest' },
  { ...builtInRoomType, pattern: 'newest:*', slowPolicy: 'conflate' },
  { ...builtInRoomType, pattern: 'long:*', kind: 'recoverable', history: kept },
  { ...builtInRoomType, pattern: 'short:*', kind: 'recoverable', history: { count: 6, bytes: 20_000, ageMs: 5_000 } },
  { ...builtInRoomType, pattern: 'spill:*', kind: 'recoverable', history: kept, slowPolicy: 'drop_oldest' },
  { ...builtInRoomType, pattern: 'value:*', kind: 'latest', history: { ...kept, count: 1 }, slowPolicy: 'conflate' },
]

/** One step of a story: what happens, to whom, where, how much. */
export type Step = readonly [kind: number, who: number, where: number, size: number]

/** How the bus may behave in a story. */
export const busPlans: readonly (Omit<FaultPlan, 'random'> | undefined)[] = [
  undefined,
  { late: true, reorder: true, errors: false },
  { late: true, reorder: true, errors: true },
]

/** The steps of a story, the same for the same seed. */
export function randomSteps(seed: number): Step[] {
  const random = new SeededRandom(seed)
  const below = (limit: number): number => Math.floor(random.number() * limit)
  return Array.from({ length: 40 + below(160) }, () => [below(100), below(9), below(ROOMS.length), 1 + below(60)])
}

export interface StoryPlan {
  /** How the bus misbehaves; undefined: it completes at once. */
  readonly faults?: Omit<FaultPlan, 'random'> | undefined
  readonly seed: number
  /** Tasks that are due at one moment, or wait for one turn's end, run in any order. */
  readonly anyOrder?: boolean
  /** A fault that the checks must find. */
  readonly plant?: ((t: TestHub) => void) | undefined
}

/** Plays a story against a hub and checks, after every step, all that must hold at any moment. */
export class Story implements World {
  readonly rooms = ROOMS
  readonly t: TestHub
  readonly truth: Truth
  readonly judge: RecoveryJudge
  readonly clients: StoryClient[]
  #id = 0

  constructor({ faults, seed, anyOrder = false, plant }: StoryPlan) {
    const settings = {
      roomTypes,
      outboxSoftBytes: 90_000,
      outboxHardBytes: 180_000,
      messageRate: 0,
      maxRoomsPerConnection: 7,
    }
    const options = { settings, seed, anyOrder, ...(faults === undefined ? {} : { faults }) }
    this.t = new TestHub(plant === undefined ? options : { ...options, plant })
    this.truth = new Truth(this.t)
    this.judge = new RecoveryJudge(this.truth, typeOf, faults?.errors === true)
    this.clients = Array.from({ length: CLIENTS }, (_, i) => {
      // One of these is there from the beginning, the others come later.
      const rights = i >= 3 ? noHistory : { '**': allRights }
      return new StoryClient(this, `u${i % 4}`, rights, new SessionObserver(this.truth, this.judge, typeOf))
    })
    for (const client of this.clients.slice(0, 4)) client.connect(new FakeSocket(), 'not')
    this.t.settle()
    for (const client of this.clients) {
      const items = ROOMS.slice(1, 7).map((room) => ({ room, since: undefined }))
      if (client.line !== undefined) client.joinMany(client.line, items)
    }
    this.t.settle()
  }

  get lines(): Line[] {
    return this.clients.flatMap(({ lines }) => lines)
  }

  get isFull(): boolean {
    return this.t.hub.connections.size >= MOST_LINES
  }

  nextId(): number {
    this.#id += 1
    return this.#id
  }

  play([kind, who, where, size]: Step): void {
    const living = this.lines.filter(({ c }) => !c.isClosed)
    const line = living[who % Math.max(1, living.length)]
    const room = ROOMS[where % ROOMS.length] as string
    let left = kind
    const found = acts.find(([share]) => (left -= share) < 0)
    if (line === undefined) this.clients[who % CLIENTS]?.connect(new FakeSocket(), 'together')
    else found?.[1]({ story: this, line, room, size, who })
    this.check()
  }

  /** Everybody reads; clients that are away come back and go on; then everybody leaves. */
  end(): void {
    this.#lift()
    this.#calm()
    this.#checkRest()
    for (const [i, client] of this.clients.entries()) {
      if (client.line === undefined) client.connect(new FakeSocket(), i % 2 === 0 ? 'together' : 'apart')
    }
    this.#calm()
    this.#checkRest()
    for (const { c } of this.lines) this.t.hub.closer.socketClosed(c, { code: 1001, text: '', hadCloseFrame: true })
    this.check()
    const { deliveries, bytes, open } = this.t.hub.books.snapshot()
    assert.deepEqual([open, deliveries.queued, bytes.queued], [0, 0, 0], 'C1: nothing is left')
    const { rooms: _, ...levels } = this.t.hub.levels()
    assert.deepEqual(levels, { open: 0, users: 0, memberships: 0, slow: 0, authenticating: 0, queuedBytes: 0 })
    this.t.clock.advance(130_000)
    assert.equal(this.t.hub.rooms.size, 0, 'C1: rooms of no use are gone')
    assert.equal(this.truth.complaint, undefined)
  }

  check(): void {
    const { lines, truth } = this
    for (const { c, observer, socket } of lines) {
      assert.equal(observer.look(socket.frames), undefined)
      if (observer.reason !== null) assert.equal(observer.reason, c.closing?.reason, `C2: the reason of ${c.id}`)
    }
    assert.equal(truth.complaint, undefined)
    checkBooks(this.t, truth, lines)
  }

  /** Bans, closed rooms and broken sockets are over. */
  #lift(): void {
    const { bans, roomStates, hub } = this.t
    bans.users.clear()
    for (const room of roomStates.rooms.keys()) {
      roomStates.rooms.delete(room)
      hub.roomClosing.reopen(room)
    }
    for (const { c, socket } of this.lines)
      if (!socket.isOpen) hub.closer.socketClosed(c, { code: 1006, text: '', hadCloseFrame: false })
  }

  /** Everybody reads until nothing is under way. */
  #calm(): void {
    for (const { socket } of this.lines) socket.thaw()
    for (let round = 0; round < 12; round += 1) {
      this.t.clock.advance(round < 10 ? 60 : 2_000)
      for (const { socket } of this.lines) socket.flush()
    }
    this.check()
  }

  /** Nothing is under way: every member has all messages of its rooms, and every publish is accounted for. */
  #checkRest(): void {
    const { truth, t } = this
    assert.equal(t.hub.books.published + truth.untold, truth.numbered, 'C5: published and numbered')
    for (const { c, observer } of this.lines) {
      if (c.closing !== null) continue
      assert.deepEqual([...observer.places.keys()].sort(), [...c.memberships.keys()].sort(), `C1: rooms of ${c.id}`)
      if (!observer.hasLostCount)
        assert.equal(observer.missed, c.outbox.droppedDeliveries, `D3: ${c.id} was told of every drop`)
      for (const [room, place] of observer.places)
        assert.ok(truth.isEnd(room, place), `D4: ${c.id} has not got all of ${room}`)
    }
  }
}

function typeOf(room: string): RoomType {
  return roomTypeOf(roomTypes, room) ?? builtInRoomType
}
