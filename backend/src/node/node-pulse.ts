import type { StatsPoint } from '@gatehouse/protocol/rest'
import type { Histogram } from '../realtime/books/histogram.js'
import type { LiveViewers } from '../control/live/live-viewers.js'
import type { PrometheusMetrics } from '../infra/metrics/prometheus-metrics.js'
import type { ProcessFacts } from './process-facts.js'
import { clock, type NodeParts } from './node-parts.js'
import { StatsSampler } from '../stats/stats-sampler.js'
import type { Store } from '../store/store.js'

/** What the node does once a second: measure itself and keep the point. */
export class NodePulse {
  readonly #sampler: StatsSampler

  constructor(
    private readonly parts: Pick<NodeParts, 'hub'>,
    store: Store,
    private readonly facts: ProcessFacts,
    private readonly metrics: PrometheusMetrics,
    private readonly viewers: LiveViewers,
  ) {
    this.#sampler = new StatsSampler(clock, {
      books: () => parts.hub.books.snapshot(),
      levels: () => this.#levels(),
      quantiles: () => this.#quantiles(),
    })
    this.#sampler.onPoint((point) => {
      store.stats.record(point)
      parts.hub.books.recordsDropped = store.records.dropped()
    })
  }

  start(): void {
    this.#sampler.start()
  }

  stop(): void {
    this.#sampler.stop()
  }

  #levels(): StatsPoint['levels'] {
    const { cpu, heapBytes, rssBytes } = this.facts.reading
    return { ...this.parts.hub.levels(), viewers: this.viewers.count(), heapBytes, rssBytes, cpu }
  }

  #quantiles(): StatsPoint['quantiles'] {
    const { loop } = this.facts.measure()
    const { books } = this.parts.hub
    const taken = { deliveryMs: books.deliveryMs.take(), rttMs: books.rttMs.take() }
    this.metrics.absorb(taken)
    return { deliveryMs: quantiles(taken.deliveryMs), rttMs: quantiles(taken.rttMs), loopMs: quantiles(loop) }
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
