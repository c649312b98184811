import { Books } from './books/books.js'
import { Closer } from './connections/closer.js'
import { DirectMessages } from './connections/direct-messages.js'
import { Registry } from './connections/registry.js'
import { Replier } from './connections/replier.js'
import { Superseding } from './connections/superseding.js'
import { Sweep } from './connections/sweep.js'
import { Authenticator } from './identity/authenticator.js'
import { OwnRooms } from './identity/own-rooms.js'
import { Limiter } from './limits/limiter.js'
import type { HubPorts } from './ports/hub-ports.js'
import type { HubSettings } from './ports/hub-settings.js'
import { PresencePushes } from './presence/presence-pushes.js'
import { Receipts } from './receipts/receipts.js'
import { Grants } from './rights/grants.js'
import type { RoomPolicy } from './rights/room-policy.js'
import { Floors } from './rooms/floors.js'
import { Joiner } from './rooms/joiner.js'
import { Memberships } from './rooms/memberships.js'
import { Publisher } from './rooms/publisher.js'
import { RoomClosing } from './rooms/room-closing.js'
import { RoomDirectory } from './rooms/room-directory.js'
import { RoomRest } from './rooms/room-rest.js'
import { RoomReader } from './rooms/room-reader.js'
import { RoomStreams } from './rooms/room-streams.js'
import { SendOut } from './rooms/send-out.js'

/** What a hub is made of. */
export type HubParts = ReturnType<typeof buildHubParts>

/** Builds the parts of a hub in order of dependency, and connects those that must not know each other. */
export function buildHubParts(ports: HubPorts, settings: HubSettings, policy: RoomPolicy) {
  const { clock, bus, history, sessions, roomStates, bans, records } = ports
  const books = new Books()
  for (const { pattern } of settings.roomTypes) books.ofType(pattern)
  const registry = new Registry()
  const grants = new Grants(policy, clock)

  const closer = new Closer({ ports, settings, books, registry })
  const replier = new Replier(clock, books, closer)
  const limiter = new Limiter({ clock, shared: ports.limits, settings, books, watch: closer })
  const superseding = new Superseding(clock, registry, closer, sessions)

  const { maxRooms, maxRoomsPerConnection, maxFrameBytes, restAboveLoad } = settings
  const sendOut = new SendOut(clock)
  const rest = new RoomRest(clock, restAboveLoad)
  const rooms = new RoomDirectory({ bus, clock, roomStates, policy, books, sendOut, rest, maxRooms })
  const floors = new Floors()
  const presence = new PresencePushes(clock)
  const memberships = new Memberships({ clock, books, registry, policy, rooms, floors, presence })
  closer.onEnding((connection, isToldAll) => memberships.partAll(connection, isToldAll))
  const receipts = new Receipts({ clock, books, policy, grants, replier })
  const joiner = new Joiner({
    clock,
    history,
    roomStates,
    books,
    policy,
    grants,
    limiter,
    superseding,
    rooms,
    memberships,
    floors,
    receipts,
    maxRoomsPerConnection,
  })
  const publisher = new Publisher({
    bus,
    clock,
    roomStates,
    books,
    grants,
    rooms,
    replier,
    maxPayloadBytes: maxFrameBytes,
  })
  const ownRooms = new OwnRooms(clock, policy, joiner)
  const authenticator = new Authenticator({
    clock,
    bans,
    sessions,
    records,
    settings,
    registry,
    closer,
    replier,
    superseding,
    memberships,
    ownRooms,
  })
  const sweep = new Sweep({
    ports,
    settings,
    books,
    registry,
    closer,
    replier,
    before: [limiter, superseding],
    after: [presence],
    round: (nowMs, roundMs) => {
      floors.expire(nowMs)
      rooms.age(nowMs, roundMs)
    },
    expire: (connection) => memberships.recheck(connection, 'expired'),
  })
  return {
    books,
    registry,
    grants,
    closer,
    replier,
    limiter,
    rooms,
    memberships,
    receipts,
    joiner,
    publisher,
    authenticator,
    sweep,
    reader: new RoomReader({ history, policy, grants, rooms }),
    streams: new RoomStreams(bus, history, policy, rooms),
    roomClosing: new RoomClosing(clock, rooms, memberships),
    direct: new DirectMessages(clock, registry),
  }
}
