import { SETTLE_SECONDS, type Measured } from './load/commands.ts'
import type { Run } from './measure.ts'
import type { ScenarioRuns } from './scenario-summary.ts'
import { titles } from './servers.ts'

/** Of a load process that used more of its core than this, the load may be what was measured. */
const BUSY_PERCENT = 95

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
    return each.flatMap(([what, measured]) => doubtsOf(`${titles[run.server]}, ${what}`, measured, members))
  })
  return [...new Set(found)]
}

/** What makes the scenarios doubtful: slow readers that nothing was done about, and rooms that were not recovered. */
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
