/** How much of everything one bench measures. */
export interface BenchPlan {
  /** Fresh servers for each; the table shows medians. */
  readonly repetitions: number
  readonly members: number
  readonly warmMs: number
  readonly measureMs: number
  readonly echoConnections: number
  readonly echoOutstanding: number
  readonly connects: number
  readonly connectsAtOnce: number
  /** Connections held idle for the memory of one. */
  readonly idle: number
  /** How long they stand before memory is read, so that collectors come to rest. */
  readonly idleMs: number
}

/** Under four minutes on two cores. */
export const fullPlan: BenchPlan = {
  repetitions: 3,
  members: 1000,
  warmMs: 1000,
  measureMs: 4000,
  echoConnections: 50,
  echoOutstanding: 4,
  connects: 8000,
  connectsAtOnce: 32,
  idle: 8000,
  idleMs: 10_000,
}

/** Half a minute: whether it runs, not how fast it is. */
export const quickPlan: BenchPlan = {
  ...fullPlan,
  repetitions: 1,
  members: 200,
  warmMs: 300,
  measureMs: 1000,
  connects: 300,
  idle: 1000,
  idleMs: 2000,
}
