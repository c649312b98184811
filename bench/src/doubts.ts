import { SETTLE_SECONDS, type Measured } from './load/commands.ts'
import type { Run } from './measure.ts'
import type { ScenarioRuns } from './scenario-summary.ts'
import { TITLES } from './servers.ts'

/** Above this share of its core, the load process may have been the bottleneck. */
const BUSY_PERCENT = 95

/**
 * Reasons to doubt the figures: deliveries that were lost or very late, and a load process that used its whole core and
 * may have been the bottleneck.
 */
export function doubts(runs: readonly Run[], members: number): string[] {
  const found = runs.flatMap((run) => {
    const each = [
      ['fan-out at 50/s', run.fanOutAt50],
      ['fan-out at 200/s', run.fanOutAt200],
      ['publish → reply', run.publishReply],
      ['connects', run.connects],
    ] as const
    return each.flatMap(([what, measured]) => doubtsOf(`${TITLES[run.server]}, ${what}`, measured, members))
  })
  return [...new Set(found)]
}

/** Reasons to doubt the scenarios: slow readers that were never closed, and rooms that were not recovered. */
export function scenarioDoubts({ slowReaders, rejoins }: ScenarioRuns): string[] {
  const idle = slowReaders.filter(({ closedAsSlow }) => closedAsSlow === 0).length
  const busy = slowReaders.filter(isBusy).length
  const other = rejoins.flatMap(({ rooms }) =>
    Object.entries(rooms)
      .filter(([outcome]) => outcome !== 'recovered')
      .map(([outcome, count]) => `rejoin: ${count} rooms answered ${outcome}`),
  )
  return [
    ...(idle === 0 ? [] : [`slow readers: none was closed in ${idle} of ${slowReaders.length} runs`]),
    ...(busy === 0 ? [] : ['slow readers: the load process used its whole core']),
    ...new Set(other),
  ]
}

function doubtsOf(what: string, measured: Measured, members: number): string[] {
  const { published, deliveredInAll } = measured
  const lost = published === undefined || deliveredInAll === undefined ? 0 : published * members - deliveredInAll
  return [
    ...(lost === 0
      ? []
      : [
          `${what}: ${lost} of ${(published ?? 0) * members} deliveries had not arrived ${SETTLE_SECONDS} s after the last publish`,
        ]),
    ...(isBusy(measured) ? [`${what}: the load process used its whole core`] : []),
  ]
}

function isBusy({ loadCpuMs, seconds }: { readonly loadCpuMs: number; readonly seconds: number }): boolean {
  return loadCpuMs / 10 / seconds > BUSY_PERCENT
}
