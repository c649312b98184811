import { collectDefaultMetrics, Registry, type Metric } from 'prom-client'
import { dropCauses } from '@gatehouse/protocol'
import type { NodeStatus, Operation } from '@gatehouse/protocol/rest'
import type { Histogram } from '../../realtime/books/histogram.js'
import type { Hub } from '../../realtime/hub.js'
import type { CloseRecordDraft } from '../../realtime/ports/record-sink.js'
import { TypeBooks } from '../../realtime/books/type-books.js'
import { CumulativeHistogram } from './cumulative-histogram.js'
import { metricCatalogue, type MetricEntry, type MetricName } from './metric-catalogue.js'
import { metricValues, type NodeReading, type QueueReading, type Sample } from './metric-values.js'

/** The sources of a scrape; they are read only when it comes. */
export interface MetricsSources {
  readonly hub: Pick<Hub, 'books' | 'connections' | 'levels' | 'ports'>
  /** The end of every client connection. */
  readonly closes: { onClosed(listener: (record: CloseRecordDraft) => void): void }
  readonly nodeState: { readonly name: NodeStatus['state'] }
  /** The engine's `active()`. */
  readonly operations: () => readonly Operation[]
  /** 0: no limit. */
  readonly connectionLimit: () => number
  readonly bans: () => number
  readonly dashboards: () => number
  readonly isStoreUp: () => boolean
  readonly recordsWaiting: () => number
  readonly auditWaiting: () => number
  readonly jobs: () => Promise<readonly QueueReading[]>
  readonly version: string
}

/** How many room types get a label value of their own. */
const ROOM_TYPES_NAMED = 30

/** A scrape must not wait for a store that does not answer. */
const JOBS_TIMEOUT_MS = 500

/**
 * The metrics of this node for Prometheus. Nothing is counted here while messages flow: a scrape reads the hub's books
 * in one turn, so its sums hold.
 */
export class PrometheusMetrics {
  readonly #sources: MetricsSources
  readonly #own = new Registry()
  readonly #process = new Registry()
  readonly #durations = new CumulativeHistogram(bucketsOf('gatehouse_connection_duration_seconds'))
  readonly #deliveryLag = new CumulativeHistogram(bucketsOf('gatehouse_delivery_lag_seconds'))
  readonly #pingRtt = new CumulativeHistogram(bucketsOf('gatehouse_ping_rtt_seconds'))
  #jobs: readonly QueueReading[] = []
  #reading: NodeReading | null = null

  constructor(sources: MetricsSources) {
    this.#sources = sources
    for (const entry of metricCatalogue) this.#own.registerMetric(this.#metric(entry))
    collectDefaultMetrics({ register: this.#process })
    sources.closes.onClosed((record) =>
      this.#durations.observe(Math.max(0, record.closedAt - record.connectedAt) / 1000, record.count),
    )
  }

  get contentType(): string {
    return this.#own.contentType
  }

  /** Adds the histograms that the stats sampler took out of the hub with `take()`. */
  absorb(taken: { readonly deliveryMs: Histogram; readonly rttMs: Histogram }): void {
    this.#deliveryLag.addMilliseconds(taken.deliveryMs)
    this.#pingRtt.addMilliseconds(taken.rttMs)
  }

  async text(): Promise<string> {
    await this.#readJobs()
    this.#reading = this.#read()
    // Called in the same turn, so that each metric uses the reading just taken.
    const own = this.#own.metrics()
    this.#reading = null
    return `${await own}\n${await this.#process.metrics()}`
  }

  #metric(entry: MetricEntry & { readonly name: MetricName }): Metric {
    const { name, help, type } = entry
    const get = (): Promise<unknown> => {
      const reading = this.#reading ?? this.#read()
      return Promise.resolve({ name, help, type, aggregator: 'sum', values: samplesOf(name, reading) })
    }
    // The registry uses only these members of a metric; its own metric classes would count everything a second time.
    return { name, help, type, get } as unknown as Metric
  }

  #read(): NodeReading {
    const { hub, nodeState, operations, version } = this.#sources
    const { joins, leaves, rateLimited, pauses, verdictsSuspended, errorsByCode } = hub.books
    const { recoveries, recoveredMessages, receipts } = hub.books
    const levels = hub.levels()
    let closing = 0
    let fullestOutboxBytes = 0
    for (const { state, outbox } of hub.connections.values()) {
      if (state === 'closing') closing++
      if (outbox.queuedBytes > fullestOutboxBytes) fullestOutboxBytes = outbox.queuedBytes
    }
    return {
      version,
      nodeState: nodeState.name,
      books: hub.books.snapshot(),
      binary: hub.books.binary,
      beyondBooks: {
        joins,
        leaves,
        rateLimited,
        pauses,
        verdictsSuspended,
        errorsByCode,
        recoveries,
        recoveredMessages,
        receipts,
      },
      byType: boundedTypes(hub.books.byType),
      history: hub.ports.history.usage(),
      connections: {
        authenticating: levels.authenticating,
        closing,
        open: levels.open - levels.authenticating - closing,
      },
      connectionLimit: this.#sources.connectionLimit(),
      users: levels.users,
      rooms: levels.rooms,
      memberships: levels.memberships,
      slow: levels.slow,
      fullestOutboxBytes,
      durations: this.#durations,
      deliveryLag: withMilliseconds(this.#deliveryLag, hub.books.deliveryMs),
      pingRtt: withMilliseconds(this.#pingRtt, hub.books.rttMs),
      bans: this.#sources.bans(),
      drain: operations().find((operation) => operation.kind === 'drain') ?? null,
      isStoreUp: this.#sources.isStoreUp(),
      recordsWaiting: this.#sources.recordsWaiting(),
      auditWaiting: this.#sources.auditWaiting(),
      jobs: this.#jobs,
      dashboards: this.#sources.dashboards(),
    }
  }

  async #readJobs(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<readonly QueueReading[]>((resolve) => {
      timer = setTimeout(() => resolve(this.#jobs), JOBS_TIMEOUT_MS)
    })
    this.#jobs = await Promise.race([this.#sources.jobs().catch(() => this.#jobs), patience])
    clearTimeout(timer)
  }
}

/** The first room types of the file by name and all others as one, so that the label's values are bounded. */
function boundedTypes(types: Iterable<TypeBooks>): TypeBooks[] {
  const all = [...types]
  if (all.length <= ROOM_TYPES_NAMED) return all
  const rest = new TypeBooks('other')
  for (const { droppedByCause, discarded } of all.slice(ROOM_TYPES_NAMED)) {
    for (const cause of dropCauses) rest.droppedByCause[cause] += droppedByCause[cause]
    rest.discarded += discarded
  }
  return [...all.slice(0, ROOM_TYPES_NAMED), rest]
}

function samplesOf(metric: MetricName, reading: NodeReading): readonly (Sample & { metricName?: string })[] {
  const values = metricValues[metric](reading)
  if (typeof values === 'number') return [{ labels: {}, value: values }]
  if (!(values instanceof CumulativeHistogram)) return values
  const bounds = [...values.bounds.map(String), '+Inf']
  return [
    ...values
      .cumulative()
      .map((value, i) => ({ metricName: `${metric}_bucket`, labels: { le: bounds[i] as string }, value })),
    { metricName: `${metric}_sum`, labels: {}, value: values.sum },
    { metricName: `${metric}_count`, labels: {}, value: values.count },
  ]
}

/** The values absorbed so far plus those still in the hub. */
function withMilliseconds(absorbed: CumulativeHistogram, held: Histogram): CumulativeHistogram {
  const all = absorbed.copy()
  all.addMilliseconds(held)
  return all
}

function bucketsOf(name: MetricName): readonly number[] {
  const entry: MetricEntry | undefined = metricCatalogue.find((candidate) => candidate.name === name)
  return entry?.buckets ?? []
}
