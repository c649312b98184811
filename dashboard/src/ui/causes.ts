/** One cause of something that is counted, in words. */
export interface Cause {
  /** As it stands in metrics, records and the protocol. */
  readonly name: string
  readonly count: number
  /** What it means, one sentence. */
  readonly says: string
  /** What to change, one sentence; absent where nothing is wrong. */
  readonly remedy?: string
}
