import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Pair, Round, Side } from './comparison.ts'
import { measureIdleBytes, measureRun, type Bench } from './measure.ts'
import { busyness } from './pinning.ts'
import { measureRejoin, measureSlowReaders } from './scenarios.ts'

/** Everything that one comparison with an earlier checkout found. */
export interface Comparison {
  readonly startedAt: Date
  readonly commits: Pair<string>
  /** The highest `busyness` between the measurements. */
  readonly busyness: number
  readonly rounds: readonly Round[]
}

/** @throws Error when no Gatehouse is built in that folder */
export function builtBackendIn(folder: string): string {
  const file = join(resolve(folder), 'backend', 'dist', 'main.js')
  if (!existsSync(file))
    throw new Error(`There is no ${file}. Install and build that clone first: npm start does both.`)
  return file
}

/** Measures the Gatehouse of this clone and that of an earlier checkout in turn. */
export async function compareWith(before: string, bench: Bench, say: (line: string) => void): Promise<Comparison> {
  const startedAt = new Date()
  const commits = { now: commitOf(fileURLToPath(new URL('.', import.meta.url))), before: commitOf(before) }
  const benches: Pair<Bench> = { now: bench, before: { ...bench, backendMain: builtBackendIn(before) } }
  const { repetitions, idle } = bench.plan
  const rounds: Round[] = []
  let busiest = busyness()
  for (let i = 1; i <= repetitions; i += 1) {
    // The order alternates, so that a machine that slows down or warms up favours neither.
    const order: readonly Side[] = i % 2 === 1 ? ['now', 'before'] : ['before', 'now']
    const both = async <T>(what: string, measure: (bench: Bench) => Promise<T>): Promise<Pair<T>> => {
      const found: Partial<Record<Side, T>> = {}
      for (const side of order) {
        say(`run ${i} of ${repetitions}: ${what}, ${side}`)
        found[side] = await measure(benches[side])
        busiest = Math.max(busiest, busyness())
      }
      return found as Pair<T>
    }
    rounds.push({
      runs: await both('replies, fan-out and connects', (each) => measureRun('gatehouse', each)),
      idleBytes: await both(`memory of ${idle} idle connections`, (each) => measureIdleBytes('gatehouse', each)),
      slowReaders: await both('slow readers', measureSlowReaders),
      rejoins: await both('rejoin', measureRejoin),
    })
  }
  return { startedAt, commits, busyness: busiest, rounds }
}

/** The commit that is checked out in a folder, with a mark when files differ from it. */
function commitOf(folder: string): string {
  try {
    const args = ['-C', folder, 'describe', '--always', '--dirty', '--exclude', '*']
    return execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return 'unknown commit'
  }
}
