/** Who wakes operations: begins those with a time of their own and looks after running ones. BullMQ in production. */
export abstract class OperationSchedule {
  /**
   * Looks after the operation from now on; with `startAt` (milliseconds since 1970) it is begun then. Doing it again
   * changes nothing.
   */
  abstract follow(id: string, startAt?: number): Promise<void>
}
