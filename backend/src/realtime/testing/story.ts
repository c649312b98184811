import assert from 'node:assert/strict'
import type { FaultPlan } from '../../infra/memory/bus-faults.js'
import type { Connection } from '../connection.js'
import { builtInRoomType } from '../room-type.js'
import { FakeSocket } from './fake-socket.js'
import { Observer } from './observer.js'
import { allRights, TestHub, type TestClient } from './test-hub.js'

const ROOMS = ['keep:a', 'keep:b', 'drop:a', 'drop:b', 'newest:a']
const roomTypes = [
  { ...builtInRoomType, pattern: 'drop:*', slowPolicy: 'drop_oldest' },
  { ...builtInRoomType, pattern: 'newest:*', slowPolicy: 'conflate' },
  { ...builtInRoomType, pattern: 'keep:*', memberLimit: 6 },
] as const

interface Player extends TestClient {
  readonly observer: Observer
  isBusy: boolean
}

/** One step of a story: what happens, to whom, where, how much. */
export type Step = readonly [kind: number, who: number, where: number, size: number]

/** Plays a story against a hub and checks, after every step, all that must hold at any moment. */
export class Story {
  readonly t: TestHub
  readonly players: Player[] = []
  private id = 0

  constructor(faults: Omit<FaultPlan, 'random'> | undefined, seed: number) {
    const settings = {
      roomTypes,
      outboxSoftBytes: 90_000,
      outboxHardBytes: 180_000,
      messageRate: 0,
      maxRoomsPerConnection: 4,
    }
    this.t = new TestHub(faults === undefined ? { settings, seed } : { settings, seed, faults })
    for (let i = 1; i <= 4; i += 1) this.open(i)
    this.t.settle()
    for (const player of this.players) for (const room of ROOMS.slice(1, 4)) this.join(player, room)
    this.t.settle()
  }

  play([kind, who, where, size]: Step): void {
    const living = this.players.filter(({ c }) => !c.isClosed)
    const player = living[who % Math.max(1, living.length)]
    let left = kind
    const found = this.acts.find(([share]) => (left -= share) < 0)
    if (player === undefined) this.open(size)
    else found?.[1](player, ROOMS[where] as string, size)
    this.check()
  }

  /** Everybody reads, everything completes; then everybody goes. */
  end(): void {
    for (const { socket } of this.players) socket.thaw()
    this.t.clock.advance(500)
    for (const { socket } of this.players) socket.flush()
    this.t.clock.advance(3_000)
    this.check()
    for (const { c } of this.players) this.t.hub.socketClosed(c, { code: 1001, text: '', hadCloseFrame: true })
    this.check()
    const { deliveries, bytes, open } = this.t.hub.books.snapshot()
    assert.deepEqual([open, deliveries.queued, bytes.queued], [0, 0, 0])
    const { rooms: _, ...levels } = this.t.hub.levels()
    assert.deepEqual(levels, { open: 0, users: 0, memberships: 0, slow: 0, authenticating: 0, queuedBytes: 0 })
    this.t.roomStates.rooms.clear()
    this.t.clock.advance(130_000)
    assert.equal(this.t.hub.rooms.size, 0)
  }

  /** What can happen, and how often in a hundred steps. */
  private readonly acts: readonly (readonly [
    share: number,
    act: (player: Player, room: string, size: number) => void,
  ])[] = [
    [3, (_, __, size) => this.open(size)],
    [14, (player, room) => this.join(player, room)],
    [5, (player, room) => this.leave(player, room)],
    [18, (player, room, size) => this.publish(player, room, size)],
    [18, (player, room, size) => this.publish(player, room, size * 5)],
    [2, ({ c }, _, size) => this.send(c, size)],
    [8, ({ socket }) => socket.freeze()],
    [5, ({ socket }) => socket.thaw()],
    [4, ({ socket }, _, size) => socket.flush(size % 4)],
    [6, (_, __, size) => this.t.clock.advance(size * 4)],
    [7, () => this.t.clock.turn()],
    [1, ({ c }) => this.t.hub.disconnect(c, 'kicked', {})],
    [1, ({ c }) => this.t.hub.socketClosed(c, { code: 1006, text: '', error: 'ECONNRESET', hadCloseFrame: false })],
    [1, ({ socket }) => socket.fail('EPIPE')],
    [1, (player, room, size) => this.refresh(player, room, size)],
    [2, (player, room) => this.loseTheRight(player, room)],
    [1, (_, room, size) => this.toggle(room, size)],
    [1, (_, room) => this.t.hub.clearRoom(room, () => {})],
    [1, ({ c }) => this.t.hub.protocolFault(c, 'invalid_payload', {})],
    [1, (player) => this.takeOver(player)],
  ]

  private open(size: number): void {
    if (this.t.hub.connections.size >= 8) return
    const encoding = size % 2 === 0 ? 'json' : 'msgpack'
    const client = this.t.open({ encoding }, new FakeSocket(size % 3 !== 0))
    const player: Player = { ...client, observer: new Observer(), isBusy: true }
    this.players.push(player)
    const verdict = { ok: true, token: this.t.token(`u${size % 4}`) } as const
    this.t.hub.authenticate(client.c, verdict, {}, () => (player.isBusy = false))
  }

  private takeOver({ c }: Player): void {
    if (c.session === null || c.user === null || this.t.hub.connections.size >= 8) return
    const client = this.t.open({}, new FakeSocket(true))
    const player: Player = { ...client, observer: new Observer(), isBusy: true }
    this.players.push(player)
    const verdict = { ok: true, token: this.t.token(c.user) } as const
    this.t.hub.authenticate(client.c, verdict, { session: c.session }, () => (player.isBusy = false))
  }

  private join(player: Player, room: string): void {
    if (player.isBusy) return
    player.isBusy = true
    this.id += 1
    const { id } = this
    player.observer.asks(id, 'join', room)
    this.t.hub.join(player.c, { room }, (answer) => {
      player.isBusy = false
      if (answer.ok !== undefined) this.t.hub.reply(player.c, id, answer.ok)
    })
  }

  private leave(player: Player, room: string): void {
    if (player.isBusy) return
    this.id += 1
    const { id } = this
    player.observer.asks(id, 'leave', room)
    this.t.hub.leave(player.c, room, (answer) => {
      if (answer.ok !== undefined) this.t.hub.reply(player.c, id, answer.ok)
    })
  }

  private publish({ c }: Player, room: string, size: number): void {
    this.id += 1
    const data = 'x'.repeat(size * 100)
    this.t.hub.publish(c, size % 5 === 0 ? { room, data, key: `k${size}` } : { room, data }, this.id)
  }

  /** A service speaks to a user or to one connection. */
  private send(c: Connection, size: number): void {
    const message = { data: JSON.stringify('x'.repeat(size * 100)), service: 'story' }
    if (size % 2 === 0 && c.user !== null) this.t.hub.sendToUser(c.user, message)
    else this.t.hub.sendToConnection(c.id, message)
  }

  private refresh({ c, isBusy }: Player, room: string, size: number): void {
    if (isBusy || c.user === null) return
    const rooms = size % 2 === 0 ? { [room]: allRights } : undefined
    this.t.hub.refresh(c, { ok: true, token: this.t.token(c.user, rooms) }, () => {})
  }

  /** Somebody's grants are void before its join completes, while another joins the same room. */
  private loseTheRight(player: Player, room: string): void {
    const other = this.players.find((one) => one !== player && !one.isBusy && one.c.state === 'open')
    this.leave(player, room)
    if (other !== undefined) this.leave(other, room)
    this.join(player, room)
    if (other !== undefined) this.join(other, room)
    const { c } = player
    if (c.state === 'open' && c.user !== null)
      this.t.hub.refresh(c, { ok: true, token: this.t.token(c.user, {}) }, () => {})
  }

  private toggle(room: string, size: number): void {
    if (size % 3 !== 0) {
      this.t.roomStates.rooms.delete(room)
      this.t.hub.reopenRoom(room)
      return
    }
    const closed = { reason: 'x', message: null, by: 'op', at: 0, reopensAt: null }
    this.t.roomStates.rooms.set(room, closed)
    this.t.hub.closeRoom(room, closed)
  }

  private check(): void {
    const { hub, records } = this.t
    const books = hub.books.snapshot()
    const { deliveries, bytes } = books
    const sum = (counts: Record<string, number>): number =>
      Object.values(counts).reduce((total, count) => total + count, 0)
    assert.equal(books.attempts, books.opened + books.refused)
    assert.equal(books.opened, books.open + books.closed)
    assert.equal(books.open, hub.connections.size)
    assert.equal(sum(books.closedByReason), books.closed)
    assert.equal(records.closes.length, books.closed)
    assert.equal(
      deliveries.enqueued,
      deliveries.written + deliveries.dropped + deliveries.discarded + deliveries.queued,
    )
    assert.equal(bytes.enqueued, bytes.written + bytes.dropped + bytes.discarded + bytes.queued)
    assert.equal(sum(deliveries.droppedByCause), deliveries.dropped)
    let memberships = 0
    let queued = 0
    for (const { c, observer, socket } of this.players) {
      assert.equal(observer.look(socket.frames), undefined)
      const { outbox } = c
      assert.equal(
        outbox.enqueuedBytes,
        outbox.writtenBytes + outbox.droppedBytes + outbox.discardedBytes + outbox.queuedBytes,
      )
      memberships += c.memberships.size
      queued += outbox.queuedDeliveries
    }
    assert.equal(deliveries.queued, queued)
    assert.equal(hub.levels().memberships, memberships)
    let members = 0
    for (const room of hub.rooms.values()) {
      members += [...room.members()].length
      assert.ok(room.memberCount === 0 || room.phase === 'live', `${room.name} has members whom nothing reaches`)
    }
    assert.equal(members, memberships)
    assert.equal(hub.books.joins - hub.books.leaves, memberships)
  }
}
