import { matchesRoom, type Right } from '@gatehouse/protocol'
import type { VerifiedToken } from '../ports/token-verifier.js'

const JOIN = 1
const PUBLISH = 2
const PRESENCE = 4
const HISTORY = 8

const bits: Readonly<Record<Right, number>> = { join: JOIN, publish: PUBLISH, presence: PRESENCE, history: HISTORY }

/** What one connection may do in one room, until when. */
export class Grant {
  constructor(
    readonly room: string,
    /** Rights as bits; see `rightsOf`. */
    readonly rights: number,
    /** Milliseconds since 1970; void from then on. */
    readonly expiresAtMs: number,
  ) {}

  get canJoin(): boolean {
    return (this.rights & JOIN) !== 0
  }

  get canPresence(): boolean {
    return (this.rights & PRESENCE) !== 0
  }

  get canHistory(): boolean {
    return (this.rights & HISTORY) !== 0
  }

  allows(right: Right): boolean {
    return (this.rights & bits[right]) !== 0
  }

  isVoidAt(wallMs: number): boolean {
    return wallMs >= this.expiresAtMs
  }

  /** The rights by name, as lists and records show them. */
  names(): Right[] {
    return (Object.keys(bits) as Right[]).filter((right) => this.allows(right))
  }
}

/** Rights by name as bits. */
export function rightsOf(names: readonly Right[]): number {
  let rights = 0
  for (const name of names) rights |= bits[name]
  return rights
}

/** The rights that a token's claims give in a room: those of all patterns that fit; none where no pattern fits. */
export function grantFromClaims(token: VerifiedToken, room: string): Grant {
  let rights = 0
  for (const [pattern, names] of token.rooms) if (matchesRoom(pattern, room)) rights |= rightsOf(names)
  return new Grant(room, rights, token.expiresAt)
}
