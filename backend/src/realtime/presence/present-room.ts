import type { Connection } from '../connections/connection.js'
import type { SharedParcel } from '../encoding/shared-parcel.js'
import type { QuotedMember } from './presence-changes.js'
import type { RoomPresence } from './room-presence.js'

/** A room as presence sees it. */
export interface PresentRoom {
  readonly name: string
  readonly memberCount: number
  /** Null where the room's type keeps none. */
  readonly presence: RoomPresence | null
  memberships(): Iterable<PresentMember>
}

/** A member of such a room. */
export interface PresentMember extends QuotedMember {
  readonly room: PresentRoom
  readonly connection: Pick<Connection, 'closing' | 'encoding' | 'isSlow'>
  readonly grant: { readonly canPresence: boolean; isVoidAt(wallMs: number): boolean }
  readonly outbox: { enqueue(parcel: SharedParcel): void }
  /** It is in the room. */
  readonly isIn: boolean
}
