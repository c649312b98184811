// npm run bench: measures a Gatehouse node and a plain `ws` server in turn, in one run, and prints both beside each other.
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { LoadDriver } from './load-driver.ts'
import { measureIdleBytes, measureRun, type Run } from './measure.ts'
import { canPin } from './pinning.ts'
import { fullPlan, quickPlan } from './plan.ts'
import { doubts, summarize, table } from './summary.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, runs: { type: 'string' } } })
const sizes = values.quick ? quickPlan : fullPlan
const plan = { ...sizes, repetitions: values.runs === undefined ? sizes.repetitions : Number(values.runs) }
const startedAt = new Date()
const say = (line: string): void => void process.stderr.write(`${line}\n`)

const load = new LoadDriver()
try {
  const runs: Run[] = []
  for (let i = 1; i <= plan.repetitions; i += 1) {
    // The order changes, so that a machine that slows down or warms up favours nobody.
    for (const server of i % 2 === 1 ? (['plain', 'gatehouse'] as const) : (['gatehouse', 'plain'] as const)) {
      say(`run ${i} of ${plan.repetitions}: ${server}`)
      runs.push(await measureRun(server, plan, load))
    }
  }
  say(`memory of ${plan.idle} idle connections`)
  const idle = {
    plain: await measureIdleBytes('plain', plan, load),
    gatehouse: await measureIdleBytes('gatehouse', plan, load),
  }
  report(runs, idle)
} finally {
  await load.stop()
}

function report(runs: readonly Run[], idle: { plain: number; gatehouse: number }): void {
  const rows = summarize(runs, idle)
  const found = doubts(runs, plan.members)
  const host = {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    pinned: canPin,
  }
  const folder = fileURLToPath(new URL('../results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const file = `${folder}${startedAt.toISOString().replaceAll(':', '-').slice(0, 19)}.json`
  writeFileSync(
    file,
    `${JSON.stringify({ at: startedAt.toISOString(), host, plan, rows, doubts: found, idle, runs }, null, 2)}\n`,
  )
  const pinned = host.pinned ? 'server and load on a core each' : 'not pinned'
  process.stdout.write(`\n${host.processor}, ${host.cores} cores, Linux ${host.kernel}, Node ${host.node}, ${pinned}\n`)
  process.stdout.write(
    `${plan.members} members, payload 64 B, medians of ${plan.repetitions}, all features on\n\n${table(rows)}\n`,
  )
  for (const doubt of found) process.stdout.write(`\nDoubtful: ${doubt}`)
  process.stdout.write(`\nAll figures: ${file}\n`)
}
