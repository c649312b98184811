import type { Books, StatsPoint } from '@gatehouse/protocol/rest'
import type { Histogram } from './realtime/histogram.js'
import type { LiveViewers } from './control/live/live-viewers.js'
import type { NodeLog } from './infra/log/node-log.js'
import type { PrometheusMetrics } from './infra/metrics/prometheus-metrics.js'
import type { ProcessFacts } from './node-facts.js'
import { clock, type NodeParts } from './node-parts.js'
import { StatsSampler } from './stats/stats-sampler.js'
import type { Store } from './store/store.js'

/** The store hears that the node lives, and how full it is: after a crash this is the last that is known. */
const HEARTBEAT_EVERY = 2

/** What the node does once a second: measure itself, keep the point, and say that it lives. */
export class NodePulse {
  readonly #sampler: StatsSampler
  #beats = 0
  #isBeating = false

  constructor(
    private readonly nodeId: string,
    private readonly parts: Pick<NodeParts, 'hub'>,
    private readonly store: Store,
    private readonly facts: ProcessFacts,
    private readonly metrics: PrometheusMetrics,
    private readonly viewers: LiveViewers,
    private readonly log: NodeLog,
  ) {
    this.#sampler = new StatsSampler(clock, {
      books: () => parts.hub.books.snapshot(),
      levels: () => this.#levels(),
      quantiles: () => this.#quantiles(),
    })
    this.#sampler.onPoint((point, books) => this.#beat(point, books))
  }

  start(): void {
    this.#sampler.start()
  }

  stop(): void {
    this.#sampler.stop()
  }

  #levels(): StatsPoint['levels'] {
    const { cpu, heapBytes, rssBytes } = this.facts.measured()
    return { ...this.parts.hub.levels(), viewers: this.viewers.count(), heapBytes, rssBytes, cpu }
  }

  #quantiles(): StatsPoint['quantiles'] {
    const { loop } = this.facts.measure()
    const { books } = this.parts.hub
    const taken = { deliveryMs: books.deliveryMs.take(), rttMs: books.rttMs.take() }
    this.metrics.absorb(taken)
    return { deliveryMs: quantiles(taken.deliveryMs), rttMs: quantiles(taken.rttMs), loopMs: quantiles(loop) }
  }

  #beat(point: StatsPoint, books: Books): void {
    this.store.stats.record(point)
    this.parts.hub.books.recordsDropped = this.store.records.dropped()
    this.#beats += 1
    if (this.#beats % HEARTBEAT_EVERY !== 0 || this.#isBeating) return
    this.#isBeating = true
    this.store.nodes
      .heartbeat({ node: this.nodeId, at: clock.wallMs(), open: books.open, books })
      .catch((error: unknown) => this.log.debug({ err: error }, 'the heartbeat was not written'))
      .finally(() => (this.#isBeating = false))
  }
}

function quantiles(histogram: Histogram): { p50: number; p99: number } | null {
  const p50 = histogram.quantile(0.5)
  const p99 = histogram.quantile(0.99)
  return p50 === null || p99 === null ? null : { p50: hundredths(p50), p99: hundredths(p99) }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
