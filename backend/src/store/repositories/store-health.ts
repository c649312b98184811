export interface StoreState {
  readonly isUp: boolean
  /** When that began, milliseconds since 1970. */
  readonly since: number
}

/** Whether PostgreSQL answers. */
export abstract class StoreHealth {
  abstract state(): StoreState
  /** Called at each change, not at once. Answers how to stop listening. */
  abstract onChange(listener: (state: StoreState) => void): () => void
}
