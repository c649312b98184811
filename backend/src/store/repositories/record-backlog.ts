/** How many close records and refusals are not written yet. */
export abstract class RecordBacklog {
  /** Rows that wait for PostgreSQL. */
  abstract waiting(): number
  /** Rows dropped since the start because the queue was full or PostgreSQL refused them. */
  abstract dropped(): number
}
