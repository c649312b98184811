import { indexAt, type Intervals } from '../charts/chart-time.svelte.js'
import type { Values } from '../charts/paths.js'
import type { Live } from './live.svelte.js'

const SECOND = 1000

/** The samples of the last seconds, one a second. The time before the page was opened is not known. */
export class LastSeconds<Sample> {
  #samples = $state.raw<readonly (readonly [at: number, sample: Sample])[]>([])

  constructor(
    /** How many seconds are kept. */
    readonly count: number,
    private readonly live: Pick<Live, 'now'>,
  ) {}

  readonly intervals = $derived.by<Intervals>(() => {
    const newest = this.#samples.at(-1)?.[0] ?? this.live.now
    return { from: (Math.floor(newest / SECOND) - this.count + 1) * SECOND, stepMs: SECOND, count: this.count }
  })

  add(at: number, sample: Sample): void {
    this.#samples = [...this.#samples.slice(1 - this.count), [at, sample]]
  }

  /** One value a second, null where none arrived. */
  values(pick: (sample: Sample) => number | null): Values {
    const values = Array.from<number | null>({ length: this.count }).fill(null)
    for (const [at, sample] of this.#samples) {
      const index = indexAt(this.intervals, at)
      if (index >= 0) values[index] = pick(sample)
    }
    return values
  }
}
