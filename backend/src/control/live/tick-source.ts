/** Makes the samples of one kind of system room. */
export abstract class TickSource {
  /** Whether the room is of this source's kind. */
  abstract serves(room: string): boolean
  /** The sample of this second, as defined in protocol/rest/live.ts; null if there is none. `at` is wall time. */
  abstract tick(room: string, at: number): object | null | Promise<object | null>
}
