import type { Mark, StatsPoint, StatsSeries, StatsTick } from '@gatehouse/protocol/rest'
import { untrack } from 'svelte'
import type { Api } from './api.js'
import type { Live } from './live.svelte.js'
import { addPoint, layOutSeries, RANGES, type Range, type Series } from './series.js'
import { Resource } from './resource.svelte.js'

/** The newest second of the node, and the series of the chosen range: stored points first, live ones after. */
export class Stats {
  #tick = $state.raw<StatsTick | null>(null)
  #points = $state.raw<readonly StatsPoint[]>([])
  #before = $state.raw<readonly StatsPoint[]>([])
  #marks = $state.raw<readonly Mark[]>([])
  #range = $state.raw<Range>(RANGES[1] as Range)
  readonly answer = new Resource<StatsSeries>()

  constructor(
    private readonly api: Api,
    private readonly live: Live,
  ) {}

  /** The newest tick of the hub; null before the first. */
  get tick(): StatsTick | null {
    return this.#tick
  }
  get range(): Range {
    return this.#range
  }
  /** Operations to mark in charts. */
  get marks(): readonly Mark[] {
    return this.#marks
  }

  readonly series = $derived.by<Series>(() => {
    const { stepMs, spanMs } = this.#range
    const newest = this.#points.at(-1)?.at ?? this.live.now
    const now = this.#tick && this.#tick.point.at > newest + 2 * stepMs ? this.#tick.point.at : newest
    return layOutSeries(this.#points, stepMs, spanMs / stepMs, now)
  })

  /** The points of the span before, for comparison; empty while they are not known. */
  get before(): readonly StatsPoint[] {
    return this.#before
  }

  /** Watches the hub; returns the function that stops. */
  start(): () => void {
    return this.live.watch<StatsTick>('sys:stats', (tick) => this.#take(tick))
  }

  /** Asks for the stored points of a range. */
  async load(range: Range): Promise<void> {
    this.#range = range
    // Called in effects, which must not run again when the clock moves.
    const to = untrack(() => this.live.now)
    const from = Math.floor((to - range.spanMs) / range.stepMs) * range.stepMs
    const ask = (start: number, end: number, signal?: AbortSignal) =>
      this.api.get<StatsSeries>('/v1/stats', { from: Math.max(0, start), to: end, step: range.askedStep }, signal)
    const series = await this.answer.load((signal) => ask(from, to, signal))
    if (!series || this.#range !== range) return
    this.#points = gather(series.points, range.stepMs)
    this.#marks = series.marks
    const before = await ask(from - range.spanMs, from).catch(() => null)
    if (this.#range === range) this.#before = before?.points ?? []
  }

  #take(tick: StatsTick): void {
    const { stepMs, spanMs } = this.#range
    const oldest = tick.point.at - spanMs - stepMs
    this.#points = addPoint(this.#points, tick.point, stepMs).filter((point) => point.at >= oldest)
    const changed = tick.operations.map((operation) => operation.id + operation.state).join()
    const known = this.#tick?.operations.map((operation) => operation.id + operation.state).join()
    this.#tick = tick
    if (known !== undefined && changed !== known) void this.load(this.#range)
  }
}

function gather(points: readonly StatsPoint[], stepMs: number): StatsPoint[] {
  return points.reduce<StatsPoint[]>((gathered, point) => addPoint(gathered, point, stepMs), [])
}
