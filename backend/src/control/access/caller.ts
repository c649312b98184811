import { matchesRoom } from '@gatehouse/protocol'
import { roleVerbs, type Role, type Verb, verbs as allVerbs } from '@gatehouse/protocol/rest'
import { apiKeySubject } from '../../store/repositories/index.js'
import { forbidden } from '../http/problem.js'

export interface CallerFacts {
  readonly kind: 'operator' | 'key'
  /** Operator or key name, as shown in audit rows and closed rooms. */
  readonly name: string
  /** Unique among callers: distinguishes keys with the same name and scopes publish keys. */
  readonly id: string
  readonly role: Role | null
  readonly verbs: readonly Verb[]
  /** Room patterns; null: every room. */
  readonly rooms: readonly string[] | null
  /** The sign-in this caller acts under; null for keys. */
  readonly session: { readonly id: string; readonly expiresAt: number } | null
  /** When the credential expires, milliseconds since 1970; null: never. */
  readonly expiresAt: number | null
}

/** Who sent a request and what it may do: a signed-in operator or an API key. */
export class Caller {
  readonly kind: 'operator' | 'key'
  readonly name: string
  readonly id: string
  readonly role: Role | null
  readonly verbs: ReadonlySet<Verb>
  readonly rooms: readonly string[] | null
  readonly session: CallerFacts['session']
  readonly expiresAt: number | null

  constructor(facts: CallerFacts) {
    this.kind = facts.kind
    this.name = facts.name
    this.id = facts.id
    this.role = facts.role
    this.verbs = new Set(facts.verbs)
    this.rooms = facts.rooms
    this.session = facts.session
    this.expiresAt = facts.expiresAt
  }

  can(verb: Verb): boolean {
    return this.verbs.has(verb)
  }

  /** Whether the caller's room patterns reach a room. */
  reaches(room: string): boolean {
    return this.rooms === null || this.rooms.some((pattern) => matchesRoom(pattern, room))
  }

  /** Refuses a caller without the verb; the answer names it. */
  demand(verb: Verb): void {
    if (!this.can(verb))
      throw forbidden(`${this.name} lacks the verb ${verb}; ask an admin for a role or key that holds it.`)
  }

  /** Refuses to grant verbs or room patterns that the caller does not hold itself. */
  demandNoMore(verbs: readonly Verb[], rooms: readonly string[] | null): void {
    for (const verb of verbs) this.demand(verb)
    if (this.rooms === null) return
    const beyond = rooms === null ? '**' : rooms.find((pattern) => !this.#covers(pattern))
    if (beyond !== undefined)
      throw forbidden(`The room pattern ${beyond} covers more than the patterns of ${this.name}.`)
  }

  /** Whether a pattern is one of the caller's own, or a plain room name that one of them matches. */
  #covers(pattern: string): boolean {
    return this.rooms === null || this.rooms.includes(pattern) || (!pattern.includes('*') && this.reaches(pattern))
  }

  /** Refuses a room outside the caller's patterns. */
  demandRoom(room: string): void {
    if (!this.reaches(room)) throw forbidden(`The room ${room} is outside the room patterns of ${this.name}.`)
  }
}

/**
 * The verbs and rooms of an operator. Only a moderator is limited to room patterns; without any it reaches no room.
 */
export function operatorRights(role: Role, rooms: readonly string[]): Pick<CallerFacts, 'verbs' | 'rooms'> {
  return { verbs: roleVerbs[role], rooms: role === 'moderator' ? rooms : null }
}

/** The id under which an API key acts. */
export const keyCallerId = apiKeySubject

const admin = (name: string): Caller =>
  new Caller({
    kind: 'key',
    name,
    id: keyCallerId(name),
    role: null,
    verbs: allVerbs,
    rooms: null,
    session: null,
    expiresAt: null,
  })

/** Whoever sends GATEHOUSE_ADMIN_KEY. */
export const environmentAdmin = admin('environment-admin')
/** A command run on the node's own machine by a user who can read its DATA_DIR. */
export const localAdmin = admin('local-command')
