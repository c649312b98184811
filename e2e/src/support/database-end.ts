import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './until.ts'

/** Longer than PostgreSQL is ever given to stop. */
const WITHIN_MS = 15_000

/**
 * Waits until the PostgreSQL of a node that is gone has ended too. If the node ended in the middle of something, this
 * takes a moment longer, and PostgreSQL still writes into the data folder.
 */
export async function databaseEnded(dataDir: string): Promise<void> {
  const pid = supervisorOf(dataDir)
  if (pid === undefined) return
  await until('PostgreSQL has ended', () => !isRunning(pid), { withinMs: WITHIN_MS, everyMs: 20 })
}

/** The process that watches the node's PostgreSQL, as the node noted it; a node that stopped cleanly left no note. */
function supervisorOf(dataDir: string): number | undefined {
  try {
    const note = JSON.parse(readFileSync(join(dataDir, 'postgres.watch.json'), 'utf8')) as { supervisorPid?: number }
    return note.supervisorPid
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
