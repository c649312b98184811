import type { ClosedRoom } from '../../realtime/ports/room-state.js'

/** The rooms that are closed, as this node knows them; answers at once. */
export abstract class ClosedRooms {
  abstract all(): Iterable<readonly [room: string, closed: ClosedRoom]>
  abstract closed(room: string): ClosedRoom | undefined
  /** Resolves when every change stored before the call is known here. @throws StoreUnavailable */
  abstract refresh(): Promise<void>
}
