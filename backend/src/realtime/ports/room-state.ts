export interface ClosedRoom {
  readonly reason: string
  readonly message: string | null
  readonly by: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly reopensAt: number | null
}

/** Which rooms operators closed, as this node last knew; survives restarts through the store. Answers at once. */
export abstract class RoomStates {
  abstract closed(room: string): ClosedRoom | undefined
}
