import type { Position, Right } from '@gatehouse/protocol'
import type { Membership } from '../rooms/membership.js'
import type { FakeSocket } from './fake-socket.js'
import type { LineObserver } from './line-observer.js'
import type { JoinAsked, RecoveryJudge } from './recovery-judge.js'
import type { SessionObserver } from './session-observer.js'
import { allRights, type TestClient, type TestHub } from './test-hub.js'
import type { Truth } from './truth.js'

export type Rights = Record<string, readonly Right[]>

/** One connection of a client of a story. */
export interface Line extends TestClient {
  readonly client: StoryClient
  readonly observer: LineObserver
  /** A control frame of it is under way: the edge lets no other pass. */
  isBusy: boolean
  session: string | null
  /** It resumed the session of its client. */
  hasResumed: boolean
  rights: Rights
  /** Its latest membership of each room, and the rooms it entered more than once. */
  readonly memberships: Map<string, Membership>
  readonly reentered: Set<string>
}

/** What clients of a story need of the story. */
export interface World {
  readonly t: TestHub
  readonly truth: Truth
  readonly judge: RecoveryJudge
  /** A number that no other request has. */
  nextId(): number
}

/** A client of a story: it remembers its session and what it has read, over all its connections. */
export class StoryClient {
  readonly lines: Line[] = []
  /** The rooms it was in and did not leave. */
  readonly wanted = new Set<string>()
  #session: string | null = null
  /** Where each session first entered each room. */
  readonly #floors = new Map<string, Position>()

  constructor(
    private readonly world: World,
    readonly user: string,
    readonly rights: Rights,
    readonly observer: SessionObserver,
  ) {}

  /** Its newest connection that is open, or undefined. */
  get line(): Line | undefined {
    return this.lines.findLast(({ c }) => c.closing === null)
  }

  /** Opens a connection and goes on with its session; then rejoins the rooms it wants. */
  connect(socket: FakeSocket, joins: 'together' | 'apart' | 'not'): void {
    const { t } = this.world
    const client = t.open({ encoding: this.lines.length % 2 === 0 ? 'json' : 'msgpack' }, socket)
    const { rights } = this
    const session = this.#session
    const observer = this.observer.line()
    const memberships = new Map<string, Membership>()
    const reentered = new Set<string>()
    const state = { session: null, isBusy: true, hasResumed: false, rights, memberships, reentered }
    const line: Line = { ...client, ...state, client: this, observer }
    this.lines.push(line)
    const data = session === null ? {} : { session }
    t.hub.authenticator.authenticate(client.c, { ok: true, token: t.token(this.user, rights) }, data, ({ ok }) => {
      line.isBusy = false
      if (ok === undefined) return
      line.hasResumed = ok.session === session
      line.session = ok.session
      this.#session = ok.session
      const items = [...this.wanted].map((room) => ({ room, since: this.observer.places.get(room) }))
      if (joins === 'together' && items.length > 0) this.joinMany(line, items)
      else if (joins === 'apart') this.#joinEach(line, items)
    })
  }

  join(line: Line, room: string, since: Position | undefined, then: () => void = () => {}): void {
    if (line.isBusy) return
    line.isBusy = true
    const { t } = this.world
    const id = this.world.nextId()
    const asked = this.#asked(line, room, since)
    line.observer.asks(id, { event: 'join', items: [asked] })
    t.hub.joiner.join(line.c, since === undefined ? { room } : { room, since }, ({ ok }) => {
      line.isBusy = false
      this.#decided(line, [asked], [ok?.place])
      if (ok === undefined) line.observer.forgets(id)
      else {
        this.wanted.add(room)
        t.hub.replier.reply(line.c, id, ok)
      }
      then()
    })
  }

  joinMany(line: Line, items: readonly { readonly room: string; readonly since: Position | undefined }[]): void {
    if (line.isBusy) return
    line.isBusy = true
    const { t } = this.world
    const id = this.world.nextId()
    const asked = items.map(({ room, since }) => this.#asked(line, room, since))
    line.observer.asks(id, { event: 'join', items: asked })
    const join = items.map(({ room, since }) => (since === undefined ? { room } : { room, since }))
    t.hub.joiner.joinMany(line.c, join, ({ ok }) => {
      line.isBusy = false
      this.#decided(line, asked, ok?.results.map((result) => result.ok?.place) ?? [])
      if (ok === undefined) return
      for (const { room, ok: joined } of ok.results) if (joined !== undefined) this.wanted.add(room)
      t.hub.replier.reply(line.c, id, ok)
    })
  }

  leave(line: Line, room: string): void {
    if (line.isBusy) return
    const id = this.world.nextId()
    line.observer.asks(id, { event: 'leave', room })
    const { ok } = this.world.t.hub.memberships.leave(line.c, room)
    if (ok === undefined) {
      line.observer.forgets(id)
      return
    }
    this.wanted.delete(room)
    line.observer.outOf(room)
    this.world.t.hub.replier.reply(line.c, id, ok)
  }

  publish(line: Line, room: string, value: unknown, key?: string): void {
    const id = this.world.nextId()
    const data = JSON.stringify(value)
    this.world.truth.offer(data)
    line.observer.asks(id, { event: 'publish', room, data })
    this.world.t.hub.publisher.publish(
      line.c,
      key === undefined ? { room, data: value } : { room, data: value, key },
      id,
    )
  }

  /** A new token with other rights; the rooms it no longer allows are over with the answer. */
  refresh(line: Line, rights: Rights): void {
    if (line.c.state !== 'open' || line.isBusy) return
    const { t } = this.world
    const before = [...line.c.memberships.keys()]
    t.hub.authenticator.refresh(line.c, { ok: true, token: t.token(this.user, rights) }, ({ ok }) => {
      if (ok === undefined) return
      line.rights = rights
      for (const room of before) if (!this.allows(line, room, 'join')) line.observer.outOf(room)
    })
  }

  allows({ rights }: Line, room: string, right: Right): boolean {
    return (rights[room] ?? rights['**'] ?? []).includes(right)
  }

  #joinEach(line: Line, items: readonly { readonly room: string; readonly since: Position | undefined }[]): void {
    const [first, ...others] = items
    if (first === undefined) return
    // What was read meanwhile counts: the client asks for each room when its turn comes.
    this.join(line, first.room, this.observer.places.get(first.room), () => this.#joinEach(line, others))
  }

  #asked(line: Line, room: string, since: Position | undefined): JoinAsked {
    const own = this.observer.places.get(room)
    const isOwn = since === undefined || (since.epoch === own?.epoch && since.offset === own.offset)
    return { room, since, isOwn, wasThere: this.#knowsOf(line, room), tick: this.world.truth.tick }
  }

  /** Joins were decided at this moment, by which they will be judged. */
  #decided(line: Line, asked: readonly JoinAsked[], entered: readonly (Position | undefined)[]): void {
    const { truth } = this.world
    const frameBytes = asked.reduce(
      (sum, { room, since }) => sum + (since === undefined ? 0 : truth.bytesBetween(room, since, Infinity)),
      0,
    )
    for (const [i, each] of asked.entries()) {
      const { room, since } = each
      each.moment = truth.moment(room, since?.epoch)
      each.mayLookBack = this.allows(line, room, 'history')
      each.wasThere &&= this.#wasThere(line, room)
      each.frameBytes = asked.length > 1 ? frameBytes : 0
      const place = entered[i]
      const membership = line.c.memberships.get(room)
      if (place === undefined || membership === undefined) continue
      if ((line.memberships.get(room) ?? membership) !== membership) line.reentered.add(room)
      line.memberships.set(room, membership)
      const name = `${line.session} ${room}`
      each.floor = this.#floors.get(name)
      if (each.floor === undefined) this.#floors.set(name, place)
    }
  }

  /** Whether the connection before this one was in the room, as far as the client knows. */
  #knowsOf(line: Line, room: string): boolean {
    return this.#before(line)?.observer.places.has(room) === true
  }

  /** Whether the connection before this one, of the same session, was in the room to its end without looking back. */
  #wasThere(line: Line, room: string): boolean {
    const before = this.#before(line)
    if (before === undefined || !line.hasResumed || this.allows(before, room, 'history')) return false
    // Where several connections overlapped, it is not defined which of them handed the session on.
    const others = this.lines.filter((other) => other !== before && other !== line)
    if (others.some(({ c, session }) => c.closing === null || session === null)) return false
    // An older one got the session back when this one ended, and may have left the room since.
    const outlived = others.some((other) => other.session === line.session && this.#endOf(other) > this.#endOf(before))
    if (outlived) return false
    const { c, reentered } = before
    const rooms = c.closing === null ? [...c.memberships.keys()] : c.closing.rooms
    return rooms.includes(room) && !reentered.has(room)
  }

  /** Its place in the order of ends; Infinity while its record is not written. */
  #endOf({ c }: Line): number {
    const at = this.world.t.records.closes.findIndex(({ id }) => id === c.id)
    return at < 0 ? Infinity : at
  }

  /** The connection before this one of the same session. */
  #before(line: Line): Line | undefined {
    return this.lines.slice(0, this.lines.indexOf(line)).findLast(({ session }) => session === line.session)
  }
}

/** All rights but the one to read what came before. */
export const noHistory: Rights = { '**': allRights.filter((right) => right !== 'history') }
