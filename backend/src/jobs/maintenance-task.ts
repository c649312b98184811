/** Work that is due now and then, on one node at a time: retention, clean-up, expiry. */
export interface MaintenanceTask {
  /** A word with dashes; also the job's name. */
  readonly name: string
  readonly everyMs: number
  /** Idempotent; a rejection is tried again. */
  run(): Promise<void>
}
