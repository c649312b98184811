import type { MemberRow, RoomRow } from '@gatehouse/protocol/rest'
import type { Connection } from '../../realtime/connections/connection.js'
import type { Membership } from '../../realtime/rooms/membership.js'
import { fieldFilter } from '../lists/filter-fields.js'
import type { LiveList } from '../lists/list-description.js'
import type { KnownRooms } from './known-rooms.js'
import { type KnownRoom, memberRow, roomRow } from './room-view.js'

const stateOf = ({ closed }: KnownRoom): string => (closed === null ? 'open' : 'closed')
const membersOf = ({ live }: KnownRoom): number => live?.memberCount ?? 0
const rateOf = ({ live }: KnownRoom): number => live?.rate ?? 0

/** The list of rooms. */
export function roomList(rooms: KnownRooms): LiveList<KnownRoom, RoomRow> {
  return {
    all: () => rooms.all(),
    find: (name) => rooms.find(name),
    id: ({ name }) => name,
    filter: fieldFilter({
      fields: {
        name: { kind: 'text', of: ({ name }) => name },
        type: { kind: 'text', of: ({ type }) => type.pattern },
        state: { kind: 'text', of: stateOf },
        members: { kind: 'number', of: membersOf },
        rate: { kind: 'number', of: rateOf },
      },
      words: ({ name }) => [name],
    }),
    sorts: {
      name: { of: ({ name }) => name, isLive: false },
      openedAt: { of: ({ live }) => live?.openedAt ?? -1, isLive: false },
      members: { of: membersOf, isLive: true },
      rate: { of: rateOf, isLive: true },
      offset: { of: ({ live }) => live?.offset ?? -1, isLive: true },
    },
    defaultSort: '-members',
    facets: { state: stateOf, type: ({ type }) => type.pattern },
    row: roomRow,
  }
}

/** A member with its membership. */
export interface Member {
  readonly connection: Connection
  readonly membership: Membership
}

/** The list of one room's members. */
export function memberList(room: KnownRoom): LiveList<Member, MemberRow> {
  const memberOf = (connection: Connection | undefined): Member | undefined => {
    const membership = connection?.memberships.get(room.name)
    return connection === undefined || membership === undefined ? undefined : { connection, membership }
  }
  const byId = new Map<string, Connection>()
  for (const connection of room.live?.members() ?? []) byId.set(connection.id, connection)
  return {
    *all() {
      for (const connection of byId.values()) {
        const member = memberOf(connection)
        if (member !== undefined) yield member
      }
    },
    find: (id) => memberOf(byId.get(id)),
    id: ({ connection }) => connection.id,
    filter: fieldFilter({
      fields: {
        user: { kind: 'text', of: ({ connection }) => connection.user },
        id: { kind: 'text', of: ({ connection }) => connection.id },
        client: { kind: 'text', of: ({ connection }) => connection.identity.client?.name ?? null },
        lag: { kind: 'number', of: ({ membership }) => membership.receipt?.lag ?? null },
      },
      words: ({ connection }) => [connection.user, connection.id],
    }),
    sorts: {
      user: { of: ({ connection }) => connection.user ?? '', isLive: false },
      joinedAt: { of: ({ membership }) => membership.joinedAt, isLive: false },
      pendingBytes: { of: ({ connection }) => connection.outbox.queuedBytes, isLive: true },
      lag: { of: ({ membership }) => membership.receipt?.lag ?? -1, isLive: true },
    },
    defaultSort: '-joinedAt',
    facets: {},
    row: ({ connection, membership }) => memberRow(connection, membership),
  }
}
