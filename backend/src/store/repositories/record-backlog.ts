/** How far the writing of close records and refusals lies behind. */
export abstract class RecordBacklog {
  /** Rows that wait for PostgreSQL. */
  abstract waiting(): number
  /** Rows that were given up since the start because the queue was full or PostgreSQL refused them. */
  abstract dropped(): number
}
