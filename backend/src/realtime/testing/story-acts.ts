import type { Position } from '@gatehouse/protocol'
import { FakeSocket } from './fake-socket.js'
import type { Story } from './story.js'
import { noHistory, type Line, type StoryClient } from './story-client.js'
import { allRights } from './test-hub.js'

/** The connection and the room that a step is about. */
export interface Scene {
  readonly story: Story
  readonly line: Line
  readonly room: string
  readonly size: number
  readonly who: number
}

const PADS = ['x', 'é', '漢', '"', '\\', '\u2028', '😀']

/** What can happen, and how often in a hundred steps. */
export const acts: readonly (readonly [share: number, act: (scene: Scene) => void])[] = [
  [12, comeBack],
  [3, takeOver],
  [10, join],
  [2, joinMany],
  [2, leave],
  [10, burst],
  [5, (scene) => publish(scene, scene.size)],
  [10, (scene) => publish(scene, scene.size * 5)],
  [2, send],
  [7, ({ line }) => line.socket.freeze()],
  [5, ({ line }) => line.socket.thaw()],
  [4, ({ line, size }) => line.socket.flush(size % 4)],
  [6, ({ story, size }) => story.t.clock.advance(size * 4)],
  [5, ({ story }) => story.t.clock.turn()],
  [2, cut],
  [1, ({ line }) => line.socket.fail('EPIPE')],
  [2, (scene) => end(scene, 'force_reconnect')],
  [1, (scene) => end(scene, 'kicked')],
  [1, ban],
  [2, refresh],
  [2, loseTheRight],
  [2, toggle],
  [1, clear],
  [1, ({ story, line }) => story.t.hub.closer.disconnect(line.c, 'invalid_payload', {})],
  [1, ({ story, size }) => story.t.clock.advance(size * 300)],
  [1, hang],
]

/** A client that is away opens its next connection; in nine of ten cases one that may. */
function comeBack({ story, size, who }: Scene): void {
  const { users } = story.t.bans
  const away = story.clients.filter(({ line, user }) => line === undefined && (size % 10 === 0 || !users.has(user)))
  const client = away[who % Math.max(1, away.length)]
  if (client !== undefined) connect(story, client, size)
}

/** Make before break: a client opens its next connection while the one before is still there. */
function takeOver({ story, line, size }: Scene): void {
  connect(story, line.client, size)
}

function connect(story: Story, client: StoryClient, size: number): void {
  if (story.isFull) return
  const socket = new FakeSocket(size % 3 !== 0)
  if (client.wanted.size < 3) for (const room of someOf(story.rooms, size)) client.wanted.add(room)
  client.connect(socket, size % 8 === 0 ? 'not' : size % 2 === 0 ? 'together' : 'apart')
  // One in seven never answers a close frame, and is cut.
  if (size % 7 === 0) socket.onClose = () => {}
}

function join({ line, room, size }: Scene): void {
  const { client } = line
  const place = client.observer.places.get(room)
  const since = size % (client.rights === noHistory ? 2 : 8) === 1 ? madeUp(place, size) : place
  client.join(client.line ?? line, room, size % 6 === 0 ? undefined : since)
}

/** A position that is not the client's: mostly an earlier one, or one that is yet to come, or of another epoch. */
function madeUp(place: Position | undefined, size: number): Position {
  if (place === undefined) return { epoch: 'never', offset: size }
  return { epoch: place.epoch, offset: Math.max(0, place.offset + 3 - (size % 20)) }
}

function joinMany({ line, size, story }: Scene): void {
  const { client } = line
  const items = someOf(story.rooms, size).map((room) => ({ room, since: client.observer.places.get(room) }))
  if (items.length > 0) client.joinMany(client.line ?? line, items)
}

function someOf(rooms: readonly string[], size: number): string[] {
  return rooms.filter((_, i) => ((size * 37) >> i) % 2 === 1)
}

function leave({ line, room }: Scene): void {
  line.client.leave(line.client.line ?? line, room)
}

/** A payload that equals no other; with a key, the payload of that key. */
function publish({ story, line, room, size }: Scene, hundreds: number): void {
  const { client } = line
  const pad = (PADS[size % PADS.length] as string).repeat(hundreds * 50)
  if (size % 5 === 0) client.publish(line, room, { key: `k${hundreds}`, pad }, `k${hundreds}`)
  else client.publish(line, room, { n: story.nextId(), pad })
}

/** Many messages within one turn. */
function burst(scene: Scene): void {
  for (let i = 0; i < 1 + (scene.size % 8); i += 1) publish(scene, i)
}

/** A service speaks to a user or to one connection. */
function send({ story, line, size }: Scene): void {
  const message = { data: JSON.stringify('x'.repeat(size * 100)), service: 'story' }
  if (size % 2 === 0) story.t.hub.direct.toUser(line.client.user, message)
  else story.t.hub.direct.toConnection(line.c.id, message)
}

/** The connection breaks; what its socket held is lost. */
function cut({ story, line }: Scene): void {
  line.socket.fail(null)
  line.observer.outOf(null)
  story.t.hub.closer.socketClosed(line.c, { code: 1006, text: '', error: 'ECONNRESET', hadCloseFrame: false })
}

function end({ story, line }: Scene, reason: 'kicked' | 'force_reconnect'): void {
  story.t.hub.closer.disconnect(line.c, reason, {})
  line.observer.outOf(null)
}

/** All connections of a user end and none may come, until the ban is lifted. */
function ban({ story, line }: Scene): void {
  const { bans, hub } = story.t
  const { user } = line.client
  if (bans.users.delete(user)) return
  const hit = { kind: 'user', id: 'b1', expiresAt: null, message: null } as const
  bans.users.set(user, hit)
  hub.closer.ban(hit, (c) => c.user === user)
  for (const { c, observer } of story.lines) if (c.user === user) observer.outOf(null)
}

function refresh({ line, room, size }: Scene): void {
  line.client.refresh(line, size % 2 === 0 ? { [room]: allRights } : line.client.rights)
}

/** Somebody's grants are void before its join completes, while another joins the same room. */
function loseTheRight({ story, line, room }: Scene): void {
  const other = story.lines.find((one) => one !== line && !one.isBusy && one.c.state === 'open')
  line.client.leave(line, room)
  other?.client.leave(other, room)
  line.client.join(line, room, undefined)
  other?.client.join(other, room, undefined)
  const wasBusy = line.isBusy
  // The edge would hold a refresh back now; an operator's change of policy does not pass the edge.
  line.isBusy = false
  line.client.refresh(line, {})
  line.isBusy = wasBusy
}

function toggle({ story, room, size }: Scene): void {
  const { roomStates, hub } = story.t
  if (size % 3 !== 0) {
    roomStates.rooms.delete(room)
    hub.roomClosing.reopen(room)
    return
  }
  const closed = { reason: 'x', message: null, by: 'op', at: 0, reopensAt: null }
  roomStates.rooms.set(room, closed)
  hub.roomClosing.close(room, closed)
}

/** Cleared by an operator of this node, or of another. */
function clear({ story, room, size }: Scene): void {
  if (size % 2 === 0) story.t.hub.streams.clear(room, () => {})
  else story.t.bus.clear(room)
}

/** The loop stalls, or wall time jumps. */
function hang({ story, size }: Scene): void {
  if (size % 2 === 0) story.t.clock.stall(size * 100)
  else story.t.clock.jump((size - 30) * 60_000)
}
