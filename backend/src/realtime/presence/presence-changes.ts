import type { PresentUser, UserInfo } from '@gatehouse/protocol'
import { isSameInfo, presentUser } from './user-info.js'

/** In rooms with more members nobody is named. */
export const MOST_MEMBERS_NAMED = 200
/** The most changes kept by name: all members of a room that names them may have left, and as many others come. */
const MOST_CHANGES = 400

/** What the members of a room will be told. Without names, `joined` and `left` are both absent. */
export interface PresenceNews {
  readonly joined?: readonly PresentUser[]
  readonly left?: readonly string[]
  readonly count: number
  readonly users: number
}

/** The users of the room, as of now. */
export interface PresentUsers {
  readonly users: number
  /** Undefined: the user is not here. */
  infoOf(user: string): UserInfo | null | undefined
}

/** A member whose reply quoted the counts. */
export interface QuotedMember {
  readonly grant: { readonly canPresence: boolean }
  /** In which round of the changes a reply told it the counts; 0: in none. Presence's own. */
  quotedIn: number
}

interface Change {
  /** The user's info as the members know it; undefined: as far as they know, the user is not here. */
  readonly before: UserInfo | null | undefined
  /** Replies that had named users when the change began. */
  readonly replies: number
}

/** How a room's users changed since its members were last told. */
export class PresenceChanges {
  /** Monotonic milliseconds: of the first change not yet told, and of the last push. */
  changedAtMs = 0
  pushedAtMs = -Infinity
  /** A push is on its way. */
  isPushing = false
  readonly #byUser = new Map<string, Change>()
  #areNamesLost = false
  #toldCount = 0
  #toldUsers = 0
  #replies = 0
  /** Members whose reply quoted counts that no push had told; each notes in which round it was. */
  #quoted = 0
  #round = 1

  constructor(private readonly presence: PresentUsers) {}

  /** The user came, went or has new info; `before` is the info it was known with, undefined where it was not here. */
  note(user: string, before: UserInfo | null | undefined): void {
    if (this.#areNamesLost) return
    const known = this.#byUser.get(user)
    if (known === undefined) this.#byUser.set(user, { before, replies: this.#replies })
    else if (!this.#isNews(user, known)) this.#byUser.delete(user)
    if (this.#byUser.size > MOST_CHANGES) this.loseNames()
  }

  /** The room has grown too large for names. */
  loseNames(): void {
    this.#areNamesLost = true
    this.#byUser.clear()
  }

  /** A reply told this member the current counts, which may change back before the next push. */
  quote(member: QuotedMember, count: number): void {
    if (!member.grant.canPresence || member.quotedIn === this.#round) return
    if (count === this.#toldCount && this.presence.users === this.#toldUsers) return
    member.quotedIn = this.#round
    this.#quoted += 1
  }

  /** A reply named the current users to this member: what changes back from here on must be told too. */
  named(member: QuotedMember, count: number): void {
    this.quote(member, count)
    this.#replies += 1
  }

  /** A member goes: what it was told no longer matters. */
  parted(member: QuotedMember): void {
    if (member.quotedIn === this.#round) this.#quoted -= 1
  }

  /** Returns what is to be told now and starts over; null where the members know everything. */
  take(count: number): PresenceNews | null {
    const { users } = this.presence
    const joined: PresentUser[] = []
    const left: string[] = []
    for (const [user, change] of this.#byUser) {
      if (!this.#isNews(user, change)) continue
      const info = this.presence.infoOf(user)
      if (info === undefined) left.push(user)
      else joined.push(presentUser(user, info))
    }
    // If the users of a large room change but not their number, a push would only make all its members ask.
    const mustAsk = this.#areNamesLost && count <= MOST_MEMBERS_NAMED
    const isNews = joined.length > 0 || left.length > 0 || mustAsk || this.#quoted > 0
    const isNamed = !this.#areNamesLost
    const differs = count !== this.#toldCount || users !== this.#toldUsers
    this.#byUser.clear()
    this.#areNamesLost = false
    this.#quoted = 0
    this.#round += 1
    this.#toldCount = count
    this.#toldUsers = users
    if (!isNews && !differs) return null
    return isNamed ? { joined, left, count, users } : { count, users }
  }

  /** Whether the user differs from what the members know, or may have been named to one of them meanwhile. */
  #isNews(user: string, { before, replies }: Change): boolean {
    const now = this.presence.infoOf(user)
    if (replies !== this.#replies) return true
    return before === undefined || now === undefined ? before !== now : !isSameInfo(before, now)
  }
}
