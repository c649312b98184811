/** A sample older than this is stale: amber, the numbers stay. Older than `LOST_MS`: red, the numbers turn grey. */
const STALE_MS = 5000
const LOST_MS = 15_000

/** How fresh the numbers of a page are, by the age of the live hub's newest sample. */
export class Freshness {
  #startedAt = $state(0)
  #heardAt = $state<number | null>(null)

  constructor(private readonly clock: { readonly now: number }) {}

  /** Milliseconds since the newest sample; null before the first. */
  readonly ageMs = $derived.by(() => (this.#heardAt === null ? null : Math.max(0, this.clock.now - this.#heardAt)))

  readonly state = $derived.by<'connecting' | 'live' | 'stale' | 'lost'>(() => {
    const age = this.ageMs ?? this.clock.now - this.#startedAt
    if (age > LOST_MS) return 'lost'
    if (age > STALE_MS) return 'stale'
    return this.ageMs === null ? 'connecting' : 'live'
  })

  /** When the newest sample arrived, once the numbers on the page are too old; null while they are not. */
  readonly lostSince = $derived(this.state === 'lost' ? this.#heardAt : null)

  /** Whether the numbers on the page are too old. */
  readonly isLost = $derived(this.lostSince !== null)

  /** The page begins to wait for samples. */
  start(): void {
    this.#startedAt = this.clock.now
  }

  /** A sample arrived. */
  hear(): void {
    this.#heardAt = this.clock.now
  }
}
