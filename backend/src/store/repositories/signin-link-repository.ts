import type { Operator } from '@gatehouse/protocol/rest'

/** Single-use links that let a person who can read the node's output become an admin. */
export abstract class SigninLinkRepository {
  /** Stores the secret's hash. Earlier links stop working. */
  abstract create(secret: string, lifetimeMs?: number): Promise<{ expiresAt: number }>
  /** Whether redeeming would work now; changes nothing. */
  abstract isValid(secret: string): Promise<boolean>
  /**
   * Uses up the link and, in the same transaction, creates an admin with this name and password. An existing operator
   * of that name gets the password and the role and is enabled again, so a link also restores access. Undefined if the
   * link is unknown, used or older than 30 min.
   */
  abstract redeem(secret: string, admin: { name: string; passwordHash: string }): Promise<Operator | undefined>
}
