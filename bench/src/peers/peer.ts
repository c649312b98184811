import type { AddressInfo } from 'node:net'

/** What a publish says, in every peer's frames. */
export interface Published {
  readonly room: string
  readonly data?: unknown
}

/** The rooms of a peer, numbered like those it stands beside and nothing more. */
export class PeerRooms<Member> {
  readonly #rooms = new Map<string, { readonly members: Set<Member>; offset: number }>()

  /** Answers the room's offset. */
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

  /** Numbers one message and answers what its members are to get. */
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

/** Tells whoever started this peer where it listens; without them it ends. */
export function announce(address: AddressInfo | string | null, path: string): void {
  if (address === null || typeof address === 'string') throw new Error('the peer listens on no port')
  process.stdout.write(`gateway   ws://127.0.0.1:${address.port}${path}\n`)
  process.once('disconnect', () => process.exit(0))
}
