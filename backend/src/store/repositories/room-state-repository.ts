import type { ClosedRoom } from '../../realtime/ports/room-state.js'

/** Rooms that operators closed; what is not here is open. */
export abstract class RoomStateRepository {
  /** Closes the room; closing it again replaces reason, message and end. */
  abstract close(room: string, closed: ClosedRoom): Promise<void>
  /** What it was closed with, or undefined when it was open. */
  abstract reopen(room: string): Promise<ClosedRoom | undefined>
  /** A number that moves with every change. */
  abstract revision(): Promise<number>
  /** All that are closed now. */
  abstract all(): Promise<ReadonlyMap<string, ClosedRoom>>
  /** Called after each change this node made. */
  abstract onChange(listener: () => void): void
}
