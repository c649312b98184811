import type { Operator } from '@gatehouse/protocol/rest'

/** One operator signed in from one browser. */
export interface SignIn {
  /** Identifies it in lists; reveals nothing about the secret. */
  readonly id: string
  readonly operator: string
  readonly createdAt: number
  readonly lastSeenAt: number
  /** The latest time it can end, milliseconds since 1970. */
  readonly expiresAt: number
  readonly address: string | null
  readonly userAgent: string | null
}

export interface SignInDraft {
  readonly operator: string
  readonly address: string | null
  readonly userAgent: string | null
}

/** A valid sign-in, with its operator as of now. */
export interface SignedIn {
  readonly signIn: SignIn
  readonly operator: Operator
}

/** Operators' sign-ins, with an idle and an absolute lifetime. Secrets are stored only as hashes. */
export abstract class SignInRepository {
  /** `secret` is at least 128 random bits as text and goes into the cookie. Notes the operator's last sign-in. */
  abstract create(secret: string, draft: SignInDraft): Promise<SignIn>
  /**
   * The sign-in of this secret with its operator, or undefined if it ended, was revoked or the operator is disabled.
   * Counts as use: restarts the idle time (written at most once a minute). While PostgreSQL is down, sign-ins seen in
   * the last 15 min are still valid.
   */
  abstract use(secret: string): Promise<SignedIn | undefined>
  /** Signs out; returns the sign-in that ended. */
  abstract end(secret: string): Promise<SignIn | undefined>
  /** Sign-ins that are valid now, of one operator or of all, newest first, at most 500. */
  abstract list(operator?: string): Promise<readonly SignIn[]>
  abstract revoke(id: string): Promise<boolean>
  /** Called with the ids of sign-ins that this node ended, so that their dashboards can be disconnected. */
  abstract onEnded(listener: (ids: readonly string[]) => void): void
}
