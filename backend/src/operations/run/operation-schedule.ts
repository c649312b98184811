/** Supervises operations: begins the timed ones and checks on running ones. BullMQ in production. */
export abstract class OperationSchedule {
  /**
   * Supervises the operation from now on; with `startAt` (milliseconds since 1970) it is begun then. Calling it again
   * changes nothing.
   */
  abstract follow(id: string, startAt?: number): Promise<void>
}
