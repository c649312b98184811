import { SETTLE_SECONDS, type Measured } from './load/commands.ts'
import type { Run } from './measure.ts'
import type { ServerName } from './servers.ts'

export interface Row {
  readonly what: string
  readonly unit: string
  readonly plain: number
  readonly gatehouse: number
  /** gatehouse / plain. */
  readonly ratio: number
  readonly goal: { readonly atMost: number } | { readonly atLeast: number } | undefined
}

export interface IdleBytes {
  readonly plain: number
  readonly gatehouse: number
}

type Figure = (run: Run) => number

const microsEach = ({ serverCpuMs, done }: Measured): number => (serverCpuMs * 1000) / done
const perSecond = ({ done, seconds }: Measured): number => done / seconds
const perCpuSecond = ({ done, serverCpuMs }: Measured): number => (done * 1000) / serverCpuMs

const figures: readonly (readonly [string, string, Figure, Row['goal']])[] = [
  ['fan-out at 50 messages/s: CPU per delivery', 'µs', (run) => microsEach(run.fanOutAt50), { atMost: 1 }],
  ['fan-out at 50 messages/s: delivered', '/s', (run) => perSecond(run.fanOutAt50), undefined],
  ['fan-out at 50 messages/s: p50', 'ms', (run) => run.fanOutAt50.latencyMs.p50, undefined],
  ['fan-out at 50 messages/s: p99', 'ms', (run) => run.fanOutAt50.latencyMs.p99, undefined],
  ['fan-out, 200 messages/s offered: CPU per delivery', 'µs', (run) => microsEach(run.fanOutAt200), { atMost: 0.5 }],
  ['fan-out, 200 messages/s offered: delivered', '/s', (run) => perSecond(run.fanOutAt200), undefined],
  ['fan-out, 200 messages/s offered: p50', 'ms', (run) => run.fanOutAt200.latencyMs.p50, undefined],
  ['fan-out, 200 messages/s offered: p99', 'ms', (run) => run.fanOutAt200.latencyMs.p99, undefined],
  ['publish → reply: per CPU second', '/s', (run) => perCpuSecond(run.publishReply), { atLeast: 0.8 }],
  ['publish → reply: p50', 'ms', (run) => run.publishReply.latencyMs.p50, undefined],
  ['publish → reply: p99', 'ms', (run) => run.publishReply.latencyMs.p99, undefined],
  ['connects (gatehouse checks a JWT)', '/s', (run) => perSecond(run.connects), { atLeast: 0.5 }],
  ['connects: CPU of the server each', 'µs', (run) => microsEach(run.connects), undefined],
  ['connects: p99', 'ms', (run) => run.connects.latencyMs.p99, undefined],
]

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Medians of all runs and their ratios, in the order of the table. */
export function summarize(runs: readonly Run[], idle: IdleBytes): Row[] {
  const of = (server: ServerName, figure: Figure): number =>
    median(runs.filter((run) => run.server === server).map(figure))
  const rows = figures.map(([what, unit, figure, goal]) =>
    row(what, unit, of('plain', figure), of('gatehouse', figure), goal),
  )
  const kilobytes = (bytes: number): number => bytes / 1024
  const memory = 'idle connection, 300-byte token, one room: memory'
  return [...rows, row(memory, 'KiB', kilobytes(idle.plain), kilobytes(idle.gatehouse), { atMost: 1.5 })]
}

function row(what: string, unit: string, plain: number, gatehouse: number, goal: Row['goal']): Row {
  return { what, unit, plain, gatehouse, ratio: gatehouse / plain, goal }
}

/** The rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ what, unit, plain, gatehouse, ratio, goal }) => {
    const verdict = goal === undefined ? '' : `${words(goal)} ${isMet(ratio, goal) ? 'met' : 'missed'}`
    return `| ${what} | ${number(plain)} ${unit} | ${number(gatehouse)} ${unit} | ${ratio.toFixed(2)} | ${verdict} |`
  })
  return ['| what (median) | plain `ws` | Gatehouse | ratio | goal |', '|---|--:|--:|--:|---|', ...lines].join('\n')
}

/**
 * What makes figures doubtful: deliveries that were lost or far behind, and a load process at the end of its core, which
 * then measured itself.
 */
export function doubts(runs: readonly Run[], members: number): string[] {
  const found = runs.flatMap((run) => {
    const each = [
      ['fan-out at 50/s', run.fanOutAt50],
      ['fan-out at 200/s', run.fanOutAt200],
      ['publish → reply', run.publishReply],
      ['connects', run.connects],
    ] as const
    return each.flatMap(([what, measured]) => doubtsOf(`${run.server}, ${what}`, measured, members))
  })
  return [...new Set(found)]
}

function doubtsOf(what: string, measured: Measured, members: number): string[] {
  const { published, deliveredInAll, loadCpuMs, seconds } = measured
  const lost = published === undefined || deliveredInAll === undefined ? 0 : published * members - deliveredInAll
  return [
    ...(lost === 0
      ? []
      : [
          `${what}: ${lost} of ${(published ?? 0) * members} deliveries had not arrived ${SETTLE_SECONDS} s after the last publish`,
        ]),
    ...(loadCpuMs / 10 / seconds > 95 ? [`${what}: the load process used its whole core`] : []),
  ]
}

function isMet(ratio: number, goal: NonNullable<Row['goal']>): boolean {
  return 'atMost' in goal ? ratio <= goal.atMost : ratio >= goal.atLeast
}

function words(goal: NonNullable<Row['goal']>): string {
  return 'atMost' in goal ? `≤ ${goal.atMost.toFixed(2)}` : `≥ ${goal.atLeast.toFixed(2)}`
}

function number(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
