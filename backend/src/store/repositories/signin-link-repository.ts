import type { Operator } from '@gatehouse/protocol/rest'

/** Single-use links that let whoever may read this machine's output become an admin. */
export abstract class SigninLinkRepository {
  /** Keeps the secret's hash. Links made before stop working. */
  abstract create(secret: string, lifetimeMs?: number): Promise<{ expiresAt: number }>
  /** Whether redeeming would work now; changes nothing. */
  abstract isValid(secret: string): Promise<boolean>
  /**
   * Uses the link up and, in the same transaction, makes the operator an admin with this password. An operator of that
   * name who exists gets the password, the role and is enabled again: it is also the way back in. Undefined when the
   * link is unknown, used or older than 30 min.
   */
  abstract redeem(secret: string, admin: { name: string; passwordHash: string }): Promise<Operator | undefined>
}
