// npm run bench: measures a Gatehouse node, a plain `ws` server and other peers in turn, in one run, and prints them side
// by side. Updates the chart and the tables of the README too, except after a quick or shortened run. With
// `--before <folder>` measures this clone's Gatehouse and that of an earlier checkout instead.
import { builtBackendIn, compareWith } from './before.ts'
import { buildGorilla } from './gorilla.ts'
import { median } from './goal.ts'
import { LoadDriver } from './load-driver.ts'
import { measureIdleBytes, measureRun, type Bench, type Run } from './measure.ts'
import { optionsIn, type Options } from './options.ts'
import { busyness } from './pinning.ts'
import { report, reportComparison, type Findings } from './report.ts'
import type { RestRun } from './rest-curve.ts'
import { measureRejoin, measureRest, measureSlowReaders, type RejoinRun, type SlowReadersRun } from './scenarios.ts'
import { SERVER_NAMES, TITLES, type ServerName } from './servers.ts'
import { byServer } from './summary.ts'

/** Twice what a run takes on a quiet machine; a bench that hangs ends then. */
const MOST_MINUTES_A_RUN = 16

const say = (line: string): void => void process.stderr.write(`${line}\n`)
const { plan, before, publishes } = readOptions()

// Registered before anything starts, so that whatever was started is stopped.
const end = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end.abort(new Error(name)))
// The channel closes when the script that started this is killed.
process.once('disconnect', () => end.abort(new Error('the script that started it is gone')))
const mostMinutes = MOST_MINUTES_A_RUN * plan.repetitions
const tooLong = setTimeout(() => end.abort(new Error(`not done after ${mostMinutes} minutes`)), mostMinutes * 60_000)

const load = new LoadDriver(end.signal)
try {
  const bench: Bench = { plan, load, signal: end.signal }
  const found =
    before === undefined
      ? report(await measureAll(bench), { publishes })
      : reportComparison(await compareWith(before, bench, say), plan)
  process.stdout.write(`\n${found}`)
} catch (error) {
  if (!end.signal.aborted) throw error
  const { message } = end.signal.reason as Error
  say(`Ended early: ${message}`)
  process.exitCode = 1
} finally {
  clearTimeout(tooLong)
  await load.stop()
}
process.exit()

function readOptions(): Options {
  try {
    const options = optionsIn(process.argv.slice(2))
    if (options.before !== undefined) builtBackendIn(options.before)
    return options
  } catch (error) {
    say((error as Error).message)
    return process.exit(1)
  }
}

async function measureAll(bench: Bench): Promise<Findings> {
  const startedAt = new Date()
  let busiest = busyness()
  const absence = await buildGorilla(bench.signal)
  if (absence !== undefined) say(`${TITLES.gorilla} is left out: ${absence}`)
  const measured = SERVER_NAMES.filter((server) => server !== 'gorilla' || absence === undefined)
  const runs: Run[] = []
  const slowReaders: SlowReadersRun[] = []
  const rejoins: RejoinRun[] = []
  const rests: RestRun[] = []
  const idle: { readonly server: ServerName; readonly bytes: number }[] = []
  for (let i = 1; i <= plan.repetitions; i += 1) {
    const run = `run ${i} of ${plan.repetitions}:`
    // The order alternates, so that a machine that slows down or warms up favours no server and no setting.
    const inTurn = <T>(all: readonly T[]): readonly T[] => (i % 2 === 1 ? all : all.toReversed())
    for (const server of inTurn(measured)) {
      say(`${run} ${TITLES[server]}`)
      runs.push(await measureRun(server, bench))
      busiest = Math.max(busiest, busyness())
    }
    for (const server of inTurn(measured)) {
      say(`${run} memory of ${plan.idle} idle connections, ${TITLES[server]}`)
      idle.push({ server, bytes: await measureIdleBytes(server, bench) })
    }
    for (const above of inTurn(plan.rest.settings)) {
      say(`${run} rest of wide rooms above ${above}`)
      rests.push(await measureRest(above, bench))
      busiest = Math.max(busiest, busyness())
    }
    say(`${run} slow readers`)
    slowReaders.push(await measureSlowReaders(bench))
    say(`${run} rejoin`)
    rejoins.push(await measureRejoin(bench))
  }
  const idleBytes = byServer((server) => median(idle.filter((one) => one.server === server).map(({ bytes }) => bytes)))
  return { startedAt, plan, busyness: busiest, runs, idle, idleBytes, rests, scenarios: { slowReaders, rejoins } }
}
