import { closeReasonNames, closeReasons } from '@gatehouse/protocol'
import { metricCatalogue, receivedCodes, sentCodes, type MetricEntry } from './metric-catalogue.js'

/** Longer lists of label values are left out of the table. */
const MOST_VALUES_SHOWN = 12

/** The text of docs/metrics.md, from the catalogue. */
export function metricsPage(): string {
  const rows = metricCatalogue.map((entry) => row(entry))
  const lines = [
    '# Metrics',
    '',
    'The metrics at `/metrics` on the control port, for Prometheus. Reading them needs `metrics.read`. This page is',
    'generated from `backend/src/infra/metrics/metric-catalogue.ts`; do not edit it by hand.',
    '',
    '| metric | type | labels | what it is |',
    '|---|---|---|---|',
    ...rows,
    '',
    'Labels are bounded: never a user, a room, an address or a connection. Every possible value of a label is present',
    'from the first scrape on, so that `rate()` sees the first event. All values of a scrape are read at one moment, so',
    'the sums below hold in every scrape.',
    '',
    '## Sums',
    '',
    '- `gatehouse_handshakes_total{result="ok"}` = `gatehouse_connections_opened_total`',
    '- `gatehouse_connections_opened_total` = Σ `gatehouse_connections` + `gatehouse_connections_closed_total`',
    '- `gatehouse_connections_closed_total` = Σ `gatehouse_disconnects_total`',
    '- `gatehouse_deliveries_total{state="enqueued"}` = written + dropped + discarded + `gatehouse_deliveries_queued`',
    '- `gatehouse_delivery_bytes_total{state="enqueued"}` = written + dropped + discarded + `gatehouse_send_queue_bytes`',
    '- `gatehouse_drain_connections`: initial + late = migrated + clean + forced + left + remaining',
    '',
    '## Close reasons and their initiators',
    '',
    '| reason | initiator | code |',
    '|---|---|---|',
    ...closeReasonNames.map(
      (reason) => `| ${reason} | ${closeReasons[reason].initiator} | ${closeReasons[reason].code ?? '-'} |`,
    ),
    '',
    `Codes of \`gatehouse_close_frames_total\`: in ${receivedCodes.join(', ')}; out ${sentCodes.join(', ')}.`,
    '',
    '`/metrics` also has the usual process metrics of Node.js: `process_*` (CPU, memory, open files) and `nodejs_*`',
    '(event loop lag, heap, garbage collection).',
    '',
  ]
  return lines.join('\n')
}

function row({ name, type, labels, help, buckets }: MetricEntry): string {
  const shown = Object.entries(labels ?? {}).map(([label, values]) =>
    values.length === 0 || values.length > MOST_VALUES_SHOWN ? `\`${label}\`` : `\`${label}\` (${values.join(', ')})`,
  )
  const about = buckets === undefined ? help : `${help} Buckets: ${buckets.join(', ')}.`
  return `| \`${name}\` | ${type} | ${shown.join('; ') || '-'} | ${about} |`
}
