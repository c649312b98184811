/** One of a few ways to do something, with what it means. */
export interface Choice {
  readonly value: string
  readonly title: string
  /** A code or a unit beside the title. */
  readonly unit?: string
  /** The consequence, in a few words. */
  readonly text: string
}
