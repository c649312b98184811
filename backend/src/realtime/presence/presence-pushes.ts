import { ParcelPerEncoding } from '../encoding/encoding.js'
import type { Membership } from '../rooms/membership.js'
import type { Clock } from '../ports/clock.js'
import { MOST_MEMBERS_NAMED, type PresenceChanges, type PresenceNews } from './presence-changes.js'
import type { Room } from '../rooms/room.js'

/** Changes are gathered so long before they are told. */
const GATHER_MS = 500
/** Between two pushes in rooms too large for names. */
const LARGE_ROOM_MS = 5_000
/** A push with more names is sent without them. */
const MOST_BYTES = 65_536
/** Members between two looks at the clock, and how long sending goes on in one loop turn. */
const STRIDE = 32
const SLICE_MS = 2

interface Push {
  readonly room: Room
  readonly changes: PresenceChanges
  readonly named: ParcelPerEncoding
  readonly news: PresenceNews
  readonly members: readonly Membership[]
  next: number
}

/**
 * Tells members who came and who went, where the room's type wants that: gathered, encoded once for all, and paced so
 * that neither a crowd nor a storm of joins holds the loop up. Members that read too slowly are told only the counts,
 * once they read again.
 */
export class PresencePushes {
  private readonly changed = new Set<Room>()
  private readonly due = new Set<Room>()
  private readonly owed = new Set<Membership>()
  private push: Push | null = null
  private isScheduled = false

  constructor(private readonly clock: Clock) {}

  /** A membership of the room began, ended or has a new token. */
  note(room: Room): void {
    const changes = room.presence?.changes ?? null
    if (changes === null) return
    if (room.memberCount > MOST_MEMBERS_NAMED) changes.loseNames()
    if (this.changed.has(room)) return
    changes.changedAtMs = this.clock.nowMs()
    this.changed.add(room)
  }

  /** Sends what is due. Call every few hundred milliseconds. */
  tick(nowMs: number): void {
    for (const room of this.changed) {
      const changes = room.presence?.changes ?? null
      if (changes !== null && (changes.isPushing || nowMs < dueAtMs(room, changes))) continue
      this.changed.delete(room)
      if (changes === null) continue
      changes.isPushing = true
      this.due.add(room)
    }
    for (const membership of this.owed) {
      if (membership.index < 0 || !membership.connection.isSlow) this.settle(membership)
    }
    this.advance()
  }

  /** Pushes on for a while, and at the next turn's end. */
  private advance(): void {
    if (this.isScheduled) return
    const deadlineMs = this.clock.nowMs() + SLICE_MS
    for (;;) {
      this.push ??= this.begin()
      if (this.push === null) return
      if (this.run(this.push, deadlineMs)) this.push = null
      if (this.push === null && this.due.size === 0) return
      if (this.clock.nowMs() <= deadlineMs) continue
      this.isScheduled = true
      this.clock.atTurnEnd(() => {
        this.isScheduled = false
        this.advance()
      })
      return
    }
  }

  /** The next push that has something to say and somebody to say it to. */
  private begin(): Push | null {
    for (const room of this.due) {
      this.due.delete(room)
      const changes = room.presence?.changes ?? null
      const news = changes?.take(room.memberCount) ?? null
      if (changes === null || news === null) {
        if (changes !== null) changes.isPushing = false
        continue
      }
      const nowMs = this.clock.nowMs()
      changes.pushedAtMs = nowMs
      const named = this.parcels(room, news)
      return { room, changes, news, named, members: [...room.memberships()], next: 0 }
    }
    return null
  }

  private run(push: Push, deadlineMs: number): boolean {
    const { members } = push
    const wallMs = this.clock.wallMs()
    while (push.next < members.length) {
      this.tell(members[push.next] as Membership, push.named, wallMs)
      push.next += 1
      if (push.next % STRIDE === 0 && push.next < members.length && this.clock.nowMs() > deadlineMs) return false
    }
    push.changes.isPushing = false
    return true
  }

  private tell(membership: Membership, parcels: ParcelPerEncoding, wallMs: number): void {
    if (!mayBeTold(membership, wallMs)) return
    if (membership.connection.isSlow) this.owed.add(membership)
    else if (this.owed.has(membership)) this.settle(membership)
    else membership.outbox.enqueue(parcels.in(membership.connection.encoding))
  }

  /** A member reads again: it learns the counts, and by the lack of names that it has missed some. */
  private settle(membership: Membership): void {
    this.owed.delete(membership)
    const { room } = membership
    const { presence, memberCount: count } = room
    if (presence === null || !mayBeTold(membership, this.clock.wallMs())) return
    presence.changes?.quote(membership, count)
    const parcels = this.parcels(room, { count, users: presence.users })
    membership.outbox.enqueue(parcels.in(membership.connection.encoding))
  }

  private parcels({ name: room }: Room, news: PresenceNews): ParcelPerEncoding {
    const nowMs = this.clock.nowMs()
    return new ParcelPerEncoding((encoding) => {
      const parcel = encoding.push({ event: 'presence', room, ...news }, nowMs)
      if (news.joined === undefined || parcel.wire.length <= MOST_BYTES) return parcel
      const { count, users } = news
      return encoding.push({ event: 'presence', room, count, users }, nowMs)
    })
  }
}

function dueAtMs(room: Room, { changedAtMs, pushedAtMs }: PresenceChanges): number {
  const apartMs = room.memberCount > MOST_MEMBERS_NAMED ? LARGE_ROOM_MS : 0
  return Math.max(changedAtMs + GATHER_MS, pushedAtMs + apartMs)
}

/** Still in the room, and allowed to know who else is. */
function mayBeTold({ index, grant, connection }: Membership, wallMs: number): boolean {
  return index >= 0 && connection.closing === null && grant.canPresence && !grant.isVoidAt(wallMs)
}
