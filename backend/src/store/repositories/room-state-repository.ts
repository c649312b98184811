import type { ClosedRoom } from '../../realtime/ports/room-state.js'

/** Rooms that operators closed; all others are open. */
export abstract class RoomStateRepository {
  /** Closes the room; closing it again replaces reason, message and reopening time. */
  abstract close(room: string, closed: ClosedRoom): Promise<void>
  /** The state that it was closed with, or undefined if it was open. */
  abstract reopen(room: string): Promise<ClosedRoom | undefined>
  /** A number that every change raises. */
  abstract revision(): Promise<number>
  /** All that are closed now. */
  abstract all(): Promise<ReadonlyMap<string, ClosedRoom>>
  /** Called after each change this node made. */
  abstract onChange(listener: () => void): void
}
