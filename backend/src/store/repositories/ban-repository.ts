import type { Ban, Page } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'

export interface BanDraft {
  readonly kind: Ban['kind']
  /** A user, an address, or a range in CIDR form; addresses are stored in canonical form. */
  readonly value: string
  readonly reason: string
  readonly message: string | null
  readonly by: string
  readonly expiresAt: number | null
}

/** A ban as it is stored; hits are counted by each node. */
export type StoredBan = Omit<Ban, 'hits'>

/** Who may not connect. */
export abstract class BanRepository {
  /**
   * A ban of the same kind and value is replaced and keeps its id.
   * @throws BadBanValue
   */
  abstract create(draft: BanDraft): Promise<Ban>
  abstract find(id: string): Promise<Ban | undefined>
  /** The lifted ban, or undefined if there was none. */
  abstract lift(id: string): Promise<Ban | undefined>
  /** In force only. Filter fields `kind value reason by`, sort `createdAt expiresAt value`, by default newest first. */
  abstract list(request: ListRequest): Promise<Page<Ban>>
  /** How many are in force. */
  abstract count(): Promise<number>
  /** A number that every change raises; while it is the same, the bans need not be read again. */
  abstract revision(): Promise<number>
  /** All that are in force. */
  abstract all(): Promise<readonly StoredBan[]>
  /** Called after each change this node made. */
  abstract onChange(listener: () => void): void
}
