import type { CloseEvidence } from '@gatehouse/protocol'

/** When the known bans are older than this, milliseconds, nobody is let in. */
export const BANS_TRUSTED_MS = 900_000

export interface BanHit {
  readonly id: string
  readonly kind: 'user' | 'address'
  /** Milliseconds since 1970; null: for ever. */
  readonly expiresAt: number | null
  readonly message: string | null
}

/** What a close as `banned` tells of the ban. */
export function banEvidence({ id, expiresAt, message }: BanHit): CloseEvidence {
  return {
    ban: id,
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(message === null ? {} : { message }),
  }
}

/** The bans as this node last knew them; answers at once. */
export abstract class BanList {
  /** How old the known bans are, milliseconds; beyond 15 min nobody may be let in. */
  abstract ageMs(): number
  /** Counts a hit when it finds one. */
  abstract user(subject: string): BanHit | undefined
  abstract address(address: string): BanHit | undefined
}
