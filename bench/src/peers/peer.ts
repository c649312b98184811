import type { AddressInfo } from 'node:net'

/** The data of a publish, the same for every peer. */
export interface Published {
  readonly room: string
  readonly data?: unknown
}

/** The rooms of a peer. They number their messages, as Gatehouse does, and nothing more. */
export class PeerRooms<Member> {
  readonly #rooms = new Map<string, { readonly members: Set<Member>; offset: number }>()

  /** Returns the room's offset. */
  join(name: string, member: Member): number {
    const room = this.#roomOf(name)
    room.members.add(member)
    return room.offset
  }

  leaveAll(member: Member): void {
    for (const { members } of this.#rooms.values()) members.delete(member)
  }

  membersOf(name: string): ReadonlySet<Member> {
    return this.#roomOf(name).members
  }

  /** Numbers one message and returns what its members get. */
  next({ room, data }: Published): { event: 'message'; room: string; offset: number; data: unknown; from: object } {
    const numbered = this.#roomOf(room)
    numbered.offset += 1
    return { event: 'message', room, offset: numbered.offset, data, from: { user: 'publisher-0' } }
  }

  #roomOf(name: string): { readonly members: Set<Member>; offset: number } {
    const room = this.#rooms.get(name) ?? { members: new Set<Member>(), offset: 0 }
    this.#rooms.set(name, room)
    return room
  }
}

/** Prints where this peer listens. It ends with the process that started it. */
export function announce(address: AddressInfo | string | null, path: string): void {
  if (address === null || typeof address === 'string') throw new Error('the peer listens on no port')
  process.stdout.write(`gateway   ws://127.0.0.1:${address.port}${path}\n`)
  process.once('disconnect', () => process.exit(0))
}
