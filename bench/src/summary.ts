import type { FanOutCase, FanOutName } from './fan-out-cases.ts'
import { marksOfMost } from './footnotes.ts'
import { median, type Goal } from './goal.ts'
import type { Measured } from './load/commands.ts'
import type { Mark } from './load/marks.ts'
import type { Run } from './measure.ts'
import { SERVER_NAMES, type ServerName } from './servers.ts'

export type ByServer = Readonly<Record<ServerName, number>>

/** For Gatehouse's ratio to other servers; under its own name for the figure itself, in the unit of the row. */
type Goals = Readonly<Partial<Record<ServerName, Goal>>>

/** One figure of all servers. */
export interface Row {
  readonly what: string
  readonly unit: string
  readonly better: 'less' | 'more'
  /** NaN where it was not measured. */
  readonly medians: ByServer
  /** What casts doubt on the figure of a server. */
  readonly marks: Readonly<Partial<Record<ServerName, readonly Mark[]>>>
  readonly goals?: Goals
  /** Its name in the chart; figures without one are only in the tables. */
  readonly chart?: string
}

interface Figure extends Omit<Row, 'medians' | 'marks'> {
  /** The measurement that it is taken from; undefined where that was left out. */
  readonly of: (run: Run) => Measured | undefined
  readonly figure: (measured: Measured) => number
}

export const microsEach = ({ serverCpuMs, done }: Measured): number => (serverCpuMs * 1000) / done
const perSecond = ({ done, seconds }: Measured): number => done / seconds
const perCpuSecond = ({ done, serverCpuMs }: Measured): number => (done * 1000) / serverCpuMs

const QUANTILES = { p50: 'p50', p99: 'p99', 'p99.9': 'p999' } as const
type Quantile = keyof typeof QUANTILES

/** Goals and names in the chart of some figures, by the name of the figure. */
type Extras<Name extends string> = Readonly<Partial<Record<Name, Pick<Row, 'goals' | 'chart'>>>>

const fanOutExtras: Readonly<Partial<Record<FanOutName, Extras<Quantile | 'cpu'>>>> = {
  at20: {
    cpu: { goals: { plain: { atMost: 1.1 } }, chart: 'CPU per delivery, 20 messages/s' },
    p50: { goals: { plain: { atMost: 1.2 } } },
    p99: { goals: { plain: { atMost: 1.2 } }, chart: 'p99 of a delivery, 20 messages/s' },
  },
  at50: {
    cpu: { goals: { plain: { atMost: 1.1 } }, chart: 'CPU per delivery, 50 messages/s' },
    p50: { goals: { plain: { atMost: 1.2 } } },
    p99: { goals: { plain: { atMost: 1.2 } }, chart: 'p99 of a delivery, 50 messages/s' },
  },
  at200: {
    cpu: { goals: { plain: { atMost: 0.5 } }, chart: 'CPU per delivery, 200 messages/s' },
    p99: { goals: { gatehouse: { atMost: 30 } } },
  },
}

const publishReply = (run: Run): Measured => run.publishReply
const connects = (run: Run): Measured => run.connects

const otherFigures: readonly Figure[] = [
  {
    what: 'publish → reply: per CPU second',
    unit: '/s',
    better: 'more',
    of: publishReply,
    figure: perCpuSecond,
    goals: { plain: { atLeast: 0.8 } },
    chart: 'replies to a publish, per CPU second',
  },
  ...latencies('publish → reply', publishReply, {
    p99: { goals: { plain: { atMost: 1.2 } }, chart: 'p99 of a reply to a publish' },
  }),
  {
    what: 'connects (Gatehouse checks a JWT each)',
    unit: '/s',
    better: 'more',
    of: connects,
    figure: perSecond,
    goals: { plain: { atLeast: 0.5 } },
    chart: 'connects per second',
  },
  {
    what: 'connects: CPU each',
    unit: 'µs',
    better: 'less',
    of: connects,
    figure: microsEach,
    goals: { plain: { atMost: 1.8 } },
    chart: 'CPU of a connect',
  },
  ...latencies('connects', connects),
]

function fanOutFigures({ name, label, servers }: FanOutCase): Figure[] {
  const of = (run: Run): Measured | undefined => run.fanOut[name]
  const extras = fanOutExtras[name] ?? {}
  return [
    { what: `${label}: CPU per delivery`, unit: 'µs', better: 'less', of, figure: microsEach, ...extras.cpu },
    ...(name === 'at200' ? throughput(label, of) : []),
    ...latencies(label, of, extras, servers.length === SERVER_NAMES.length ? undefined : ['p50', 'p99']),
  ]
}

/** Only where servers fall behind; elsewhere all deliver what is offered. */
function throughput(label: string, of: Figure['of']): Figure[] {
  return [
    { what: `${label}: delivered`, unit: '/s', better: 'more', of, figure: perSecond },
    {
      what: `${label}: delivered per CPU second`,
      unit: '/s',
      better: 'more',
      of,
      figure: perCpuSecond,
      goals: { gorilla: { atLeast: 2 } },
    },
  ]
}

function latencies(
  what: string,
  of: Figure['of'],
  extras: Extras<Quantile> = {},
  names: readonly Quantile[] = ['p50', 'p99', 'p99.9'],
): Figure[] {
  return names.map((name) => ({
    what: `${what}: ${name}`,
    unit: 'ms',
    better: 'less',
    of,
    figure: ({ latencyMs }) => latencyMs[QUANTILES[name]],
    ...extras[name],
  }))
}

/** Medians of all runs, in the order of the table. */
export function summarize(runs: readonly Run[], idleBytes: ByServer, cases: readonly FanOutCase[]): Row[] {
  const figures = [...cases.flatMap(fanOutFigures), ...otherFigures]
  const rows = figures.map(({ of, figure, ...row }): Row => {
    const found = (server: ServerName): Measured[] =>
      runs.filter((run) => run.server === server).flatMap((run) => of(run) ?? [])
    return {
      ...row,
      medians: byServer((server) => median(found(server).map(figure))),
      marks: Object.fromEntries(SERVER_NAMES.map((server) => [server, marksOfMost(found(server))])),
    }
  })
  const memory: Row = {
    what: 'one more idle connection in one room (Gatehouse: 300-byte token): memory',
    unit: 'KB',
    better: 'less',
    medians: byServer((server) => idleBytes[server] / 1000),
    marks: {},
    goals: { plain: { atMost: 1.5 }, gorilla: { atMost: 0.5 }, gatehouse: { atMost: 10 } },
    chart: 'memory of an idle connection',
  }
  return [...rows, memory]
}

export function byServer(valueOf: (server: ServerName) => number): ByServer {
  return Object.fromEntries(SERVER_NAMES.map((server) => [server, valueOf(server)])) as ByServer
}

/** A server's figure as a multiple of another's. */
export function ratio({ medians }: Row, server: ServerName, against: ServerName): number {
  return medians[server] / medians[against]
}
