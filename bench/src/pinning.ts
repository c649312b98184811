import { execFileSync } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'

/** What to put in front of a command to keep it on one core; empty where that is not possible. */
export function pinnedTo(core: number): readonly string[] {
  return canPin ? ['taskset', '-c', String(core)] : []
}

/** Runnable threads for each core; about one when nothing but the bench runs. */
export function busyness(): number {
  return (loadavg()[0] ?? 0) / availableParallelism()
}

export const canPin = detect()

function detect(): boolean {
  if (availableParallelism() < 2) return false
  try {
    execFileSync('taskset', ['-c', '1', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
