import { ParcelPerEncoding } from '../encoding/encoding.js'
import type { Clock } from '../ports/clock.js'
import { MOST_MEMBERS_NAMED, type PresenceChanges, type PresenceNews } from './presence-changes.js'
import type { PresentMember, PresentRoom } from './present-room.js'

/** Changes are gathered this long before they are told. */
const GATHER_MS = 500
/** Between two pushes in rooms too large for names. */
const LARGE_ROOM_MS = 5_000
/** A push with more names is sent without them. */
const MOST_BYTES = 65_536
/** Members between two looks at the clock, and how long sending goes on in one loop turn. */
const STRIDE = 32
const SLICE_MS = 2

interface Push {
  readonly room: PresentRoom
  readonly changes: PresenceChanges
  readonly named: ParcelPerEncoding
  readonly news: PresenceNews
  readonly members: readonly PresentMember[]
  next: number
}

/**
 * Tells members who came and who went, where the room's type wants that: gathered, encoded once for all, and paced so
 * that neither a crowd nor a storm of joins holds the loop up. Members that read too slowly are told only the counts,
 * once they read again.
 */
export class PresencePushes {
  readonly #changed = new Set<PresentRoom>()
  readonly #due = new Set<PresentRoom>()
  readonly #owed = new Set<PresentMember>()
  #push: Push | null = null
  #isScheduled = false

  constructor(private readonly clock: Clock) {}

  /** A membership of the room began, ended or has a new token. */
  note(room: PresentRoom): void {
    const changes = room.presence?.changes ?? null
    if (changes === null) return
    if (room.memberCount > MOST_MEMBERS_NAMED) changes.loseNames()
    if (this.#changed.has(room)) return
    changes.changedAtMs = this.clock.nowMs()
    this.#changed.add(room)
  }

  /** Sends what is due. Call every few hundred milliseconds. */
  tick(nowMs: number): void {
    for (const room of this.#changed) {
      const changes = room.presence?.changes ?? null
      if (changes !== null && (changes.isPushing || nowMs < dueAtMs(room, changes))) continue
      this.#changed.delete(room)
      if (changes === null) continue
      changes.isPushing = true
      this.#due.add(room)
    }
    for (const member of this.#owed) {
      if (!member.isIn || !member.connection.isSlow) this.#settle(member)
    }
    this.#advance()
  }

  /** Sends for a while, and goes on at the next turn's end. */
  #advance(): void {
    if (this.#isScheduled) return
    const deadlineMs = this.clock.nowMs() + SLICE_MS
    for (;;) {
      this.#push ??= this.#begin()
      if (this.#push === null) return
      if (this.#run(this.#push, deadlineMs)) this.#push = null
      if (this.#push === null && this.#due.size === 0) return
      if (this.clock.nowMs() <= deadlineMs) continue
      this.#isScheduled = true
      this.clock.atTurnEnd(() => {
        this.#isScheduled = false
        this.#advance()
      })
      return
    }
  }

  /** The next push with something to tell and somebody to tell it to. */
  #begin(): Push | null {
    for (const room of this.#due) {
      this.#due.delete(room)
      const changes = room.presence?.changes ?? null
      const news = changes?.take(room.memberCount) ?? null
      if (changes === null || news === null) {
        if (changes !== null) changes.isPushing = false
        continue
      }
      const nowMs = this.clock.nowMs()
      changes.pushedAtMs = nowMs
      const named = this.#parcels(room, news)
      return { room, changes, news, named, members: [...room.memberships()], next: 0 }
    }
    return null
  }

  #run(push: Push, deadlineMs: number): boolean {
    const { members } = push
    const wallMs = this.clock.wallMs()
    while (push.next < members.length) {
      this.#tell(members[push.next] as PresentMember, push.named, wallMs)
      push.next += 1
      if (push.next % STRIDE === 0 && push.next < members.length && this.clock.nowMs() > deadlineMs) return false
    }
    push.changes.isPushing = false
    return true
  }

  #tell(member: PresentMember, parcels: ParcelPerEncoding, wallMs: number): void {
    if (!mayBeTold(member, wallMs)) return
    if (member.connection.isSlow) this.#owed.add(member)
    else if (this.#owed.has(member)) this.#settle(member)
    else member.outbox.enqueue(parcels.in(member.connection.encoding))
  }

  /** A member reads again: it gets the counts. Their lack of names tells it that it has missed some. */
  #settle(member: PresentMember): void {
    this.#owed.delete(member)
    const { room } = member
    const { presence, memberCount: count } = room
    if (presence === null || !mayBeTold(member, this.clock.wallMs())) return
    presence.changes?.quote(member, count)
    const parcels = this.#parcels(room, { count, users: presence.users })
    member.outbox.enqueue(parcels.in(member.connection.encoding))
  }

  #parcels({ name: room }: PresentRoom, news: PresenceNews): ParcelPerEncoding {
    const nowMs = this.clock.nowMs()
    return new ParcelPerEncoding((encoding) => {
      const parcel = encoding.push({ event: 'presence', room, ...news }, nowMs)
      if (news.joined === undefined || parcel.wire.length <= MOST_BYTES) return parcel
      const { count, users } = news
      return encoding.push({ event: 'presence', room, count, users }, nowMs)
    })
  }
}

function dueAtMs(room: PresentRoom, { changedAtMs, pushedAtMs }: PresenceChanges): number {
  const apartMs = room.memberCount > MOST_MEMBERS_NAMED ? LARGE_ROOM_MS : 0
  return Math.max(changedAtMs + GATHER_MS, pushedAtMs + apartMs)
}

/** Still in the room, and allowed to know who else is. */
function mayBeTold({ isIn, grant, connection }: PresentMember, wallMs: number): boolean {
  return isIn && connection.closing === null && grant.canPresence && !grant.isVoidAt(wallMs)
}
