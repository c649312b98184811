import type { StatsPoint } from '@gatehouse/protocol/rest'
import type { Histogram } from '../realtime/books/histogram.js'
import type { LiveViewers } from '../control/live/live-viewers.js'
import type { PrometheusMetrics } from '../infra/metrics/prometheus-metrics.js'
import type { ProcessFacts } from './process-facts.js'
import type { Hub } from '../realtime/hub.js'
import { clock } from './node-parts.js'
import { StatsSampler } from '../stats/stats-sampler.js'
import type { Store } from '../store/store.js'

export interface PulseParts {
  readonly hub: Hub
  readonly store: Store
  readonly facts: ProcessFacts
  readonly metrics: PrometheusMetrics
  readonly viewers: LiveViewers
}

/** Once a second, measures the node and records the point. */
export class NodePulse {
  readonly #sampler: StatsSampler

  readonly #parts: PulseParts

  constructor(parts: PulseParts) {
    const { hub, store } = parts
    this.#parts = parts
    this.#sampler = new StatsSampler(clock, {
      books: () => hub.books.snapshot(),
      levels: () => this.#levels(),
      quantiles: () => this.#quantiles(),
    })
    this.#sampler.onPoint((point) => {
      store.stats.record(point)
      hub.books.recordsDropped = store.records.dropped()
    })
  }

  start(): void {
    this.#sampler.start()
  }

  stop(): void {
    this.#sampler.stop()
  }

  #levels(): StatsPoint['levels'] {
    const { cpu, heapBytes, rssBytes } = this.#parts.facts.reading
    return { ...this.#parts.hub.levels(), viewers: this.#parts.viewers.count(), heapBytes, rssBytes, cpu }
  }

  #quantiles(): StatsPoint['quantiles'] {
    const { loop } = this.#parts.facts.measure()
    const { books } = this.#parts.hub
    const taken = { deliveryMs: books.deliveryMs.take(), rttMs: books.rttMs.take() }
    this.#parts.metrics.absorb(taken)
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
