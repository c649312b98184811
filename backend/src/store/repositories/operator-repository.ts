import type { Operator, Page, Role } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'

export interface OperatorDraft {
  readonly name: string
  readonly role: Role
  /** Room patterns a moderator's verbs reach; empty: none of them. */
  readonly rooms: readonly string[]
  /** As argon2 writes it. */
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
  /** How many operators exist, disabled ones too; 0 asks for a sign-in link. */
  abstract count(): Promise<number>
  /** Case counts. */
  abstract find(name: string): Promise<Operator | undefined>
  /** For checking a password; disabled operators too. */
  abstract credentials(name: string): Promise<OperatorCredentials | undefined>
  /** @throws AlreadyExists */
  abstract create(draft: OperatorDraft): Promise<Operator>
  /**
   * The changed operator, or undefined when there is none of that name.
   * @throws LastAdmin
   */
  abstract change(name: string, change: OperatorChange): Promise<Operator | undefined>
  /**
   * Whether there was one.
   * @throws LastAdmin
   */
  abstract remove(name: string): Promise<boolean>
  /** Filter fields `name role`, sort `name createdAt lastSignInAt`, by name unless told. */
  abstract list(request: ListRequest): Promise<Page<Operator>>
}
