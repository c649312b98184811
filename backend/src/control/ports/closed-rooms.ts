import type { ClosedRoom } from '../../realtime/ports/room-state.js'

/** The rooms that operators closed, as this node knows them; answers at once. */
export abstract class ClosedRooms {
  abstract all(): Iterable<readonly [room: string, closed: ClosedRoom]>
  abstract closed(room: string): ClosedRoom | undefined
  /** Resolves when this node knows every change stored before the call. @throws StoreUnavailable */
  abstract refresh(): Promise<void>
}
