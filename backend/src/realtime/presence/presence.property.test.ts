import assert from 'node:assert/strict'
import type { PresenceOk, Push, UserInfo } from '@gatehouse/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FaultPlan } from '../../infra/memory/bus-faults.js'
import { builtInRoomType } from '../room-types/room-type.js'
import { FakeSocket, type SentFrame } from '../testing/fake-socket.js'
import { TestHub, type TestClient } from '../testing/test-hub.js'

const plans: readonly (Omit<FaultPlan, 'random'> | undefined)[] = [
  undefined,
  { late: true, reorder: true, errors: false },
]
const ROOM = 'r'
const settings = {
  roomTypes: [{ ...builtInRoomType, presence: 'pushed' as const }],
  messageRate: 0,
  outboxSoftBytes: 20_000,
}

/** The room as seen by a client that believes its replies and pushes. */
class Picture {
  count = 0
  users = 0
  /** Null where the names must be asked for. */
  names: Map<string, UserInfo | undefined> | null = null
  #at = 0
  #isIn = false

  look(frames: readonly SentFrame[]): void {
    for (; this.#at < frames.length; this.#at += 1) {
      const { id, ok, event, ...frame } = frames[this.#at] as SentFrame & { ok?: object }
      if (id !== undefined && ok !== undefined) this.#reply(ok)
      else if (event === 'presence' && this.#isIn) this.#push(frame as unknown as Extract<Push, { event: 'presence' }>)
    }
  }

  left(): void {
    this.#isIn = false
    this.names = null
  }

  #reply(ok: { room?: { members?: number; users?: number } } & Partial<PresenceOk>): void {
    if (ok.room !== undefined) {
      this.#isIn = true
      ;[this.count, this.users] = [ok.room.members as number, ok.room.users as number]
    } else if (ok.members !== undefined) {
      this.names = new Map(ok.members.map(({ user, info }) => [user, info]))
      ;[this.count, this.users] = [ok.count as number, ok.users as number]
    }
  }

  #push({ joined, left, count, users }: Extract<Push, { event: 'presence' }>): void {
    ;[this.count, this.users] = [count, users]
    if (joined === undefined || left === undefined) this.names = null
    for (const { user, info } of joined ?? []) this.names?.set(user, info)
    for (const user of left ?? []) this.names?.delete(user)
  }
}

interface Player extends TestClient {
  readonly picture: Picture
}

/** A room whose clients come, go, ask, change and stop reading. */
class Coming {
  readonly t: TestHub
  readonly players: Player[] = []
  checked = 0
  #id = 0

  constructor(faults: Omit<FaultPlan, 'random'> | undefined, seed: number) {
    this.t = new TestHub(faults === undefined ? { settings, seed } : { settings, seed, faults })
    for (let i = 0; i < 6; i += 1) this.#open(i)
    this.t.settle()
  }

  play([kind, who, size]: readonly [number, number, number]): void {
    const living = this.players.filter(({ c }) => c.closing === null && !c.isClosed)
    const player = living[who % Math.max(1, living.length)]
    if (player === undefined || kind < 5) this.#open(size)
    else if (kind < 30) this.#join(player)
    else if (kind < 50) this.#leave(player)
    else if (kind < 65) this.#ask(player)
    else if (kind < 70) this.#refresh(player, size)
    else if (kind < 74) this.t.hub.closer.socketClosed(player.c, { code: 1006, text: '', hadCloseFrame: false })
    else if (kind < 78) player.socket.freeze()
    else if (kind < 82) player.socket.thaw()
    else if (kind < 86) this.#fill(player)
    else this.t.clock.advance(size * 20)
  }

  /** Everybody reads and everything due is told: then whoever is in the room knows who else is. */
  end(): void {
    for (const { socket } of this.players) socket.thaw()
    this.t.clock.advance(3_000)
    const room = this.t.hub.rooms.get(ROOM)
    const truth = room?.presence?.answer(room.memberCount)
    for (const { c, socket, picture } of this.players) {
      picture.look(socket.frames)
      if (!c.memberships.has(ROOM) || truth === undefined) continue
      assert.deepEqual([picture.count, picture.users], [truth.count, truth.users])
      if (picture.names === null) continue
      assert.deepEqual(picture.names, new Map(truth.members.map(({ user, info }) => [user, info])))
      this.checked += 1
    }
  }

  #open(size: number): void {
    if (this.t.hub.connections.size >= 12) return
    const client = this.t.open({}, new FakeSocket(true))
    this.players.push({ ...client, picture: new Picture() })
    const token = { ...this.t.token(`u${size % 5}`), ...(size % 2 === 0 ? { info: { size: size % 3 } } : {}) }
    this.t.hub.authenticator.authenticate(client.c, { ok: true, token }, {}, () => {})
  }

  #join(player: Player): void {
    const { c } = player
    if (c.state !== 'open' || c.joinsInFlight > 0) return
    const id = (this.#id += 1)
    this.t.hub.joiner.join(c, { room: ROOM }, ({ ok }) => {
      if (ok === undefined) return
      this.t.hub.replier.reply(c, id, ok)
      this.#ask(player)
    })
  }

  #leave(player: Player): void {
    const { c, socket, picture } = player
    // A client that does not read would be told late that it left: its picture cannot be followed from here.
    if (!c.memberships.has(ROOM) || c.outbox.queuedBytes > 0) return
    this.t.hub.memberships.leave(c, ROOM)
    picture.look(socket.frames)
    picture.left()
  }

  #ask({ c }: Player): void {
    if (!c.memberships.has(ROOM)) return
    const id = (this.#id += 1)
    const { ok } = this.t.hub.reader.presence(c, ROOM)
    if (ok !== undefined) this.t.hub.replier.reply(c, id, ok)
  }

  #refresh({ c }: Player, size: number): void {
    if (c.state !== 'open' || c.user === null) return
    const token = { ...this.t.token(c.user), info: { size: size % 4 } }
    this.t.hub.authenticator.refresh(c, { ok: true, token }, () => {})
  }

  #fill({ c }: Player): void {
    if (!c.memberships.has(ROOM)) return
    this.t.hub.publisher.publish(c, { room: ROOM, data: 'x'.repeat(40_000) }, undefined)
    this.t.clock.turn()
  }
}

describe('any story of comings and goings', () => {
  it('[P-3] [P-4] leaves every member with the counts of the room, and with its names where it was told any', () => {
    const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 1_000_000_000)
    console.log(`presence.property.test.ts runs with PROPERTY_SEED=${seed}`)
    const step = fc.tuple(fc.nat(99), fc.nat(11), fc.integer({ min: 1, max: 60 }))
    let checked = 0
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 40, maxLength: 150, size: 'max' }),
        fc.constantFrom(...plans),
        fc.integer(),
        (steps, plan, chance) => {
          const story = new Coming(plan, chance)
          for (const one of steps) story.play(one)
          story.end()
          checked += story.checked
        },
      ),
      { seed, numRuns: Number(process.env['PROPERTY_RUNS'] ?? 200), interruptAfterTimeLimit: 60_000 },
    )
    // A run in which nobody knew any names would prove nothing.
    expect(checked).toBeGreaterThan(20)
  }, 90_000)
})
