export interface StoreState {
  readonly isUp: boolean
  /** When that began, milliseconds since 1970. */
  readonly since: number
}

/** Whether PostgreSQL answers. */
export abstract class StoreHealth {
  abstract state(): StoreState
  /** The listener is called at each change, not for the present state. Returns a function that stops listening. */
  abstract onChange(listener: (state: StoreState) => void): () => void
}
