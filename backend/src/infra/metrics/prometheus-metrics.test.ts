import { closeReasonNames, refusalReasonNames } from '@gatehouse/protocol'
import type { Operation } from '@gatehouse/protocol/rest'
import { describe, expect, test } from 'vitest'
import { FakeSocket } from '../../realtime/testing/fake-socket.js'
import { TestHub, type TestHubOptions } from '../../realtime/testing/test-hub.js'
import type { CloseRecordDraft } from '../../realtime/ports/record-sink.js'
import { builtInRoomType } from '../../realtime/room-types/room-type.js'
import { metricCatalogue } from './metric-catalogue.js'
import { metricsPage } from './metrics-page.js'
import { PrometheusMetrics, type MetricsSources } from './prometheus-metrics.js'

/** Metrics over a test hub; sources that a test does not give are idle. */
function measured(sources: Partial<MetricsSources> = {}, options: TestHubOptions = {}) {
  const rig = new TestHub(options)
  const { records } = rig
  const listeners: ((record: CloseRecordDraft) => void)[] = []
  records.closed = (record) => {
    records.closes.push(record)
    for (const listener of listeners) listener(record)
  }
  const metrics = new PrometheusMetrics({
    hub: rig.hub,
    closes: { onClosed: (listener) => void listeners.push(listener) },
    nodeState: { name: 'ready' },
    operations: () => [],
    connectionLimit: () => 19_000,
    bans: () => 0,
    dashboards: () => 0,
    isStoreUp: () => true,
    recordsWaiting: () => 0,
    auditWaiting: () => 0,
    jobs: async () => [],
    version: '0.1.0',
    ...sources,
  })
  return { rig, metrics }
}

/** The samples of a scrape by name with labels, as Prometheus would read them. */
class Scrape {
  readonly samples = new Map<string, number>()

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const match = /^([a-z_:]+)(\{.*\})? (\S+)$/i.exec(line)
      if (match === null || line.startsWith('#')) continue
      const key = `${match[1]}${match[2] ?? ''}`
      if (this.samples.has(key)) throw new Error(`${key} appears twice`)
      this.samples.set(key, Number(match[3]))
    }
  }

  value(key: string): number {
    const value = this.samples.get(key)
    if (value === undefined) throw new Error(`no sample ${key}`)
    return value
  }

  /** The sum of all samples of a metric whose labels contain `part`. */
  sum(name: string, part = ''): number {
    let sum = 0
    for (const [key, value] of this.samples) if (key.startsWith(`${name}{`) && key.includes(part)) sum += value
    return sum
  }
}

const scrapeOf = async (metrics: PrometheusMetrics): Promise<Scrape> => new Scrape(await metrics.text())

describe('a scrape', () => {
  test('has every metric of the catalogue, with zeros for every label value from the start', async () => {
    const { metrics } = measured()
    const text = await metrics.text()
    const scrape = new Scrape(text)
    for (const { name, type } of metricCatalogue) expect(text).toContain(`# TYPE ${name} ${type}`)
    for (const reason of closeReasonNames)
      expect(text).toContain(`gatehouse_disconnects_total{reason="${reason}",initiator=`)
    for (const reason of refusalReasonNames) {
      expect(scrape.value(`gatehouse_handshakes_total{result="refused",reason="${reason}"}`)).toBe(0)
    }
    for (const code of ['1000', '1001', '1005', '1006', 'other']) {
      expect(scrape.value(`gatehouse_close_frames_total{direction="in",code="${code}"}`)).toBe(0)
    }
    expect(
      [...scrape.samples.keys()].filter((key) => key.startsWith('gatehouse_close_frames_total{direction="in"')),
    ).toHaveLength(5)
    expect(scrape.value('gatehouse_connections_limit')).toBe(19_000)
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m)
    expect(text).toMatch(/^process_resident_memory_bytes /m)
  })

  test('stays within the limit on series', async () => {
    const { metrics } = measured()
    expect((await scrapeOf(metrics)).samples.size).toBeLessThan(400)
  })

  test('counts undelivered messages by room type, and resumes by their result', async () => {
    const kept = { count: 3, bytes: 1_048_576, ageMs: 600_000 }
    const roomTypes = [
      { ...builtInRoomType, pattern: 'drop:*', slowPolicy: 'drop_oldest' },
      { ...builtInRoomType, pattern: 'kept:*', kind: 'recoverable', history: kept, receipts: true },
      ...Array.from({ length: 60 }, (_, i) => ({ ...builtInRoomType, pattern: `many:${i}` })),
    ] as const
    const { rig, metrics } = measured({}, { settings: { roomTypes, outboxSoftBytes: 20_000, messageRate: 0 } })
    const alice = rig.client('alice')
    const slow = rig.client('slow', undefined, new FakeSocket(false))
    const { epoch = '' } = rig.join(alice, 'kept:r').ok ?? {}
    for (const room of ['drop:r', 'many:59']) rig.join(slow, room)
    rig.hub.publisher.publish(alice.c, { room: 'many:59', data: 1 }, undefined)
    for (let i = 0; i < 40; i++) {
      rig.hub.publisher.publish(alice.c, { room: 'drop:r', data: 'x'.repeat(5_000) }, undefined)
      rig.hub.publisher.publish(alice.c, { room: 'kept:r', data: i }, undefined)
      rig.settle()
    }
    rig.hub.closer.socketClosed(slow.c, { code: 1006, text: '', hadCloseFrame: false })
    rig.join(alice, 'kept:r', { epoch, offset: 38 })
    rig.join(alice, 'kept:r', { epoch, offset: 1 })
    const scrape = await scrapeOf(metrics)
    const dropped = scrape.value('gatehouse_messages_dropped_total{cause="slow_consumer",room_type="drop:*"}')
    expect(dropped).toBeGreaterThan(0)
    expect(scrape.value('gatehouse_messages_discarded_total{room_type="drop:*"}')).toBe(40 - dropped)
    expect(scrape.value('gatehouse_messages_discarded_total{room_type="other"}')).toBe(1)
    expect(scrape.sum('gatehouse_messages_dropped_total')).toBe(rig.hub.books.droppedDeliveries)
    expect(scrape.sum('gatehouse_messages_discarded_total')).toBe(rig.hub.books.discardedDeliveries)
    expect(rig.hub.rooms.get('drop:r')?.ledger.droppedByCause?.slow_consumer).toBe(dropped)
    expect(rig.records.evidence(slow.c.id).lost).toEqual([
      { room: 'drop:r', deliveries: 40 - dropped },
      { room: 'many:59', deliveries: 1 },
    ])
    expect(scrape.value('gatehouse_recoveries_total{result="recovered"}')).toBe(1)
    expect(scrape.value('gatehouse_recoveries_total{result="trimmed"}')).toBe(1)
    expect(scrape.value('gatehouse_recovered_messages_total')).toBe(2)
    expect(rig.hub.books.receipts).toBeGreaterThan(0)
    expect(scrape.value('gatehouse_receipts_total')).toBe(rig.hub.books.receipts)
    expect(scrape.value('gatehouse_history_messages')).toBe(3)
    expect(scrape.value('gatehouse_history_trimmed_total{cause="count"}')).toBe(37)
  })

  test('balances after churn: every opening, end and delivery is in exactly one place', async () => {
    const { rig, metrics } = measured()
    const { hub } = rig
    const clients = Array.from({ length: 60 }, (_, i) => rig.client(`user${i}`))
    const slow = rig.client('slow', undefined, new FakeSocket(false))
    rig.open()
    for (const client of [...clients, slow]) rig.join(client, 'chat:lobby')
    for (let i = 0; i < 50; i++) {
      hub.publisher.publish(
        (clients[i] as (typeof clients)[number]).c,
        { room: 'chat:lobby', data: { n: i } },
        undefined,
      )
      rig.settle()
    }
    for (const client of clients.slice(0, 10)) hub.closer.disconnect(client.c, 'kicked', {})
    for (const client of clients.slice(10, 20)) hub.closer.disconnect(client.c, 'force_reconnect', {})
    for (const [i, code] of [1000, 1001, 1005, 3456, 4999].entries()) {
      hub.closer.socketClosed((clients[20 + i] as (typeof clients)[number]).c, { code, text: '', hadCloseFrame: true })
    }
    hub.closer.socketClosed((clients[25] as (typeof clients)[number]).c, {
      code: 1006,
      text: '',
      error: 'ECONNRESET',
      hadCloseFrame: false,
    })
    hub.closer.disconnect(slow.c, 'drain', {}, { flushMs: 2000 })
    const scrape = await scrapeOf(metrics)
    const opened = scrape.value('gatehouse_connections_opened_total')
    const closed = scrape.value('gatehouse_connections_closed_total')
    expect([opened, closed]).toEqual([62, 26])
    expect(scrape.sum('gatehouse_connections')).toBe(opened - closed)
    expect(scrape.value('gatehouse_connections{state="closing"}')).toBe(1)
    expect(scrape.value('gatehouse_connections{state="authenticating"}')).toBe(1)
    expect(scrape.sum('gatehouse_disconnects_total')).toBe(closed)
    expect(scrape.sum('gatehouse_close_frames_total')).toBe(closed)
    expect(scrape.value('gatehouse_close_frames_total{direction="in",code="other"}')).toBe(2)
    expect(scrape.value('gatehouse_close_frames_total{direction="in",code="1006"}')).toBe(1)
    expect(scrape.value('gatehouse_close_frames_total{direction="out",code="4504"}')).toBe(10)
    expect(scrape.value('gatehouse_connection_duration_seconds_count')).toBe(closed)
    for (const [books, queued] of [
      ['deliveries', 'gatehouse_deliveries_queued'],
      ['delivery_bytes', 'gatehouse_send_queue_bytes'],
    ]) {
      const of = (state: string): number => scrape.value(`gatehouse_${books}_total{state="${state}"}`)
      expect(of('enqueued')).toBeGreaterThan(0)
      expect(of('enqueued')).toBe(of('written') + of('dropped') + of('discarded') + scrape.value(queued as string))
    }
    expect(scrape.value('gatehouse_send_queue_max_bytes')).toBe(scrape.value('gatehouse_send_queue_bytes'))
    expect(scrape.value('gatehouse_published_total')).toBe(50)
  })

  test('keeps its histograms when the stats sampler empties those of the hub', async () => {
    const { rig, metrics } = measured()
    for (const ms of [3, 40, 700]) rig.hub.books.rttMs.observe(ms)
    const before = await scrapeOf(metrics)
    const { books } = rig.hub
    metrics.absorb({ deliveryMs: books.deliveryMs.take(), rttMs: books.rttMs.take() })
    rig.hub.books.rttMs.observe(7000)
    const after = await scrapeOf(metrics)
    expect(before.value('gatehouse_ping_rtt_seconds_count')).toBe(3)
    expect(after.value('gatehouse_ping_rtt_seconds_count')).toBe(4)
    expect(after.value('gatehouse_ping_rtt_seconds_bucket{le="0.005"}')).toBe(1)
    expect(after.value('gatehouse_ping_rtt_seconds_bucket{le="0.05"}')).toBe(2)
    expect(after.value('gatehouse_ping_rtt_seconds_bucket{le="1"}')).toBe(3)
    expect(after.value('gatehouse_ping_rtt_seconds_bucket{le="+Inf"}')).toBe(4)
    expect(after.value('gatehouse_ping_rtt_seconds_sum')).toBeGreaterThan(7.7)
    expect(after.value('gatehouse_ping_rtt_seconds_sum')).toBeLessThan(7.75 * 1.19)
  })

  test('shows the running drain', async () => {
    const drain = {
      kind: 'drain',
      state: 'run',
      startedAt: 1_700_000_000_000,
      progress: {
        initial: 10,
        late: 2,
        unaccounted: 0,
        targetRate: 5,
        achievedRate: 4.9,
        buckets: { migratedEarly: 1, closedClean: 2, forced: 3, leftOnTheirOwn: 0, remaining: 6 },
      },
    } as unknown as Operation
    const { metrics } = measured({ operations: () => [drain], nodeState: { name: 'draining' } })
    const scrape = await scrapeOf(metrics)
    expect(scrape.value('gatehouse_drain_state{state="run"}')).toBe(1)
    expect(scrape.sum('gatehouse_drain_state')).toBe(1)
    expect(scrape.value('gatehouse_node_state{state="draining"}')).toBe(1)
    const of = (bucket: string): number => scrape.value(`gatehouse_drain_connections{bucket="${bucket}"}`)
    expect(of('initial') + of('late')).toBe(of('migrated') + of('clean') + of('forced') + of('left') + of('remaining'))
    expect(scrape.value('gatehouse_drain_started_timestamp_seconds')).toBe(1_700_000_000)
  })

  test('does not wait for a job store that hangs or fail with one that fails', async () => {
    const hanging = measured({ jobs: () => new Promise(() => undefined) })
    expect((await scrapeOf(hanging.metrics)).value('gatehouse_job_queue_depth{queue="operations"}')).toBe(0)
    const failing = measured({ jobs: () => Promise.reject(new Error('down')) })
    expect((await scrapeOf(failing.metrics)).value('gatehouse_job_failures_total{queue="maintenance"}')).toBe(0)
  })

  test('names no user, room, address or connection', async () => {
    const { rig, metrics } = measured()
    const client = rig.client('canary-user')
    rig.join(client, 'canary:room')
    rig.hub.closer.disconnect(client.c, 'kicked', { message: 'canary' })
    expect(await metrics.text()).not.toMatch(/canary|192\.0\.2\.1/)
  })
})

describe('the metrics page', () => {
  test('lists the whole catalogue; every name has the prefix and every counter its suffix', () => {
    const page = metricsPage()
    for (const { name, type } of metricCatalogue) {
      expect(page).toContain(`| \`${name}\` | ${type} |`)
      expect(name).toMatch(/^gatehouse_[a-z_]+$/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
    }
    expect(new Set(metricCatalogue.map((entry) => entry.name)).size).toBe(metricCatalogue.length)
  })
})
