/** Periodic work, on one node at a time: retention, clean-up, expiry. */
export interface MaintenanceTask {
  /** A word with dashes; also the job's name. */
  readonly name: string
  readonly everyMs: number
  /** Idempotent; a rejection is tried again. */
  run(): Promise<void>
}

/** Often enough that tomorrow's partitions exist before midnight, even if PostgreSQL was away for hours. */
const RETENTION_EVERY_MS = 3_600_000

/** Deletes what has expired: records, plans, sign-ins, links, keys of answers, bans, closed rooms. */
export function retentionTask(retention: { run(): Promise<unknown> }): MaintenanceTask {
  return {
    name: 'retention',
    everyMs: RETENTION_EVERY_MS,
    run: async () => {
      await retention.run()
    },
  }
}
