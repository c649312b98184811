import type { Operator, Page, Role } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'

export interface OperatorDraft {
  readonly name: string
  readonly role: Role
  /** The room patterns that a moderator's verbs apply to; empty: no rooms. */
  readonly rooms: readonly string[]
  /** In argon2's text format. */
  readonly passwordHash: string
}

export interface OperatorChange {
  readonly role?: Role | undefined
  readonly rooms?: readonly string[] | undefined
  readonly passwordHash?: string | undefined
  readonly disabled?: boolean | undefined
}

export interface OperatorCredentials {
  readonly operator: Operator
  readonly passwordHash: string
}

/** People who sign in. A change of password, role or disabling ends the operator's sign-ins in the same transaction. */
export abstract class OperatorRepository {
  /** How many operators exist, including disabled ones; at 0 the start prints a sign-in link. */
  abstract count(): Promise<number>
  /** Case-sensitive. */
  abstract find(name: string): Promise<Operator | undefined>
  /** For checking a password; includes disabled operators. */
  abstract credentials(name: string): Promise<OperatorCredentials | undefined>
  /** @throws AlreadyExists */
  abstract create(draft: OperatorDraft): Promise<Operator>
  /**
   * The changed operator, or undefined if there is none with that name.
   * @throws LastAdmin
   */
  abstract change(name: string, change: OperatorChange): Promise<Operator | undefined>
  /**
   * Whether there was one.
   * @throws LastAdmin
   */
  abstract remove(name: string): Promise<boolean>
  /** Filter fields `name role`, sort `name createdAt lastSignInAt`, by default by name. */
  abstract list(request: ListRequest): Promise<Page<Operator>>
}
