import type { Operation } from '@gatehouse/protocol/rest'

/** Often enough to show progress, rarely enough that a drain of several minutes fits a terminal. */
const MOST_OFTEN_MS = 5_000

/** What the drain command prints while it waits: a line with each change of state, and otherwise every 5 s. */
export class DrainProgress {
  #state: string | undefined
  #saidAtMs = 0

  /** The line to print now, or undefined if none is due. `nowMs` is from any monotonic clock. */
  lineOf({ state, progress }: Pick<Operation, 'state' | 'progress'>, nowMs: number): string | undefined {
    if (state === this.#state && nowMs - this.#saidAtMs < MOST_OFTEN_MS) return undefined
    this.#state = state
    this.#saidAtMs = nowMs
    const { buckets, achievedRate, note } = progress
    return `${state.padEnd(7)} ${String(buckets.remaining).padStart(7)} left  ${achievedRate.toFixed(1)}/s  ${note}`
  }
}
