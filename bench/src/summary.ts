import { median, type Goal } from './goal.ts'
import type { Measured } from './load/commands.ts'
import type { Run } from './measure.ts'
import { SERVER_NAMES, type ServerName } from './servers.ts'

export type ByServer = Readonly<Record<ServerName, number>>

/** One figure of all servers. */
export interface Row {
  readonly what: string
  readonly unit: string
  readonly better: 'less' | 'more'
  readonly medians: ByServer
  /** Goals for Gatehouse's ratio to other servers. */
  readonly goals?: Readonly<Partial<Record<ServerName, Goal>>>
  /** Its name in the chart; figures without one are only in the tables. */
  readonly chart?: string
}

type Figure = (run: Run) => number

const microsEach = ({ serverCpuMs, done }: Measured): number => (serverCpuMs * 1000) / done
const perSecond = ({ done, seconds }: Measured): number => done / seconds
const perCpuSecond = ({ done, serverCpuMs }: Measured): number => (done * 1000) / serverCpuMs

const FIGURES: readonly (Omit<Row, 'medians'> & { readonly figure: Figure })[] = [
  {
    what: 'fan-out, 50 messages/s: CPU per delivery',
    unit: 'µs',
    better: 'less',
    figure: (run) => microsEach(run.fanOutAt50),
    goals: { plain: { atMost: 1 } },
    chart: 'CPU per delivery, 50 messages/s',
  },
  ...latencies('fan-out, 50 messages/s', (run) => run.fanOutAt50),
  {
    what: 'fan-out, 200 messages/s offered: CPU per delivery',
    unit: 'µs',
    better: 'less',
    figure: (run) => microsEach(run.fanOutAt200),
    goals: { plain: { atMost: 0.5 } },
    chart: 'CPU per delivery, 200 messages/s',
  },
  {
    what: 'fan-out, 200 messages/s offered: delivered',
    unit: '/s',
    better: 'more',
    figure: (run) => perSecond(run.fanOutAt200),
  },
  {
    what: 'fan-out, 200 messages/s offered: delivered per CPU second',
    unit: '/s',
    better: 'more',
    figure: (run) => perCpuSecond(run.fanOutAt200),
    goals: { gorilla: { atLeast: 2 } },
  },
  ...latencies('fan-out, 200 messages/s offered', (run) => run.fanOutAt200),
  {
    what: 'publish → reply: per CPU second',
    unit: '/s',
    better: 'more',
    figure: (run) => perCpuSecond(run.publishReply),
    goals: { plain: { atLeast: 0.8 } },
    chart: 'replies to a publish, per CPU second',
  },
  ...latencies('publish → reply', (run) => run.publishReply),
  {
    what: 'connects (Gatehouse checks a JWT each)',
    unit: '/s',
    better: 'more',
    figure: (run) => perSecond(run.connects),
    goals: { plain: { atLeast: 0.5 } },
    chart: 'connects per second',
  },
  { what: 'connects: CPU each', unit: 'µs', better: 'less', figure: (run) => microsEach(run.connects) },
  ...latencies('connects', (run) => run.connects),
]

function latencies(what: string, of: (run: Run) => Measured): (typeof FIGURES)[number][] {
  const quantiles = [
    ['p50', 'p50'],
    ['p99', 'p99'],
    ['p99.9', 'p999'],
  ] as const
  return quantiles.map(([name, key]) => ({
    what: `${what}: ${name}`,
    unit: 'ms',
    better: 'less',
    figure: (run) => of(run).latencyMs[key],
  }))
}

/** Medians of all runs, in the order of the table. */
export function summarize(runs: readonly Run[], idleBytes: ByServer): Row[] {
  const rows = FIGURES.map(({ figure, ...row }) => ({
    ...row,
    medians: byServer((server) => median(runs.filter((run) => run.server === server).map(figure))),
  }))
  const memory: Row = {
    what: 'one more idle connection in one room (Gatehouse: 300-byte token): memory',
    unit: 'KiB',
    better: 'less',
    medians: byServer((server) => idleBytes[server] / 1024),
    goals: { plain: { atMost: 1.5 }, gorilla: { atMost: 0.5 } },
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
