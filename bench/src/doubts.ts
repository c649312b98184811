import type { FanOutCase } from './fan-out-cases.ts'
import { SETTLE_SECONDS } from './load/commands.ts'
import type { Run } from './measure.ts'
import type { ScenarioRuns } from './scenario-summary.ts'
import { TITLES } from './servers.ts'

/** Reasons to doubt the figures beyond the marks in the tables: deliveries that were lost or very late. */
export function doubts(runs: readonly Run[], cases: readonly FanOutCase[]): string[] {
  const found = runs.flatMap(({ server, fanOut }) =>
    cases.flatMap(({ name, label, membersEach }) => {
      const { published, deliveredInAll } = fanOut[name] ?? {}
      if (published === undefined || deliveredInAll === undefined) return []
      const expected = published * membersEach
      if (expected === deliveredInAll) return []
      const lost = `${expected - deliveredInAll} of ${expected} deliveries`
      return [`${TITLES[server]}, ${label}: ${lost} had not arrived ${SETTLE_SECONDS} s after the last publish`]
    }),
  )
  return [...new Set(found)]
}

/** Reasons to doubt the scenarios: slow readers that were never closed, and rooms that were not recovered. */
export function scenarioDoubts({ slowReaders, rejoins }: ScenarioRuns): string[] {
  const idle = slowReaders.filter(({ closedAsSlow }) => closedAsSlow === 0).length
  const other = rejoins.flatMap(({ rooms }) =>
    Object.entries(rooms)
      .filter(([outcome]) => outcome !== 'recovered')
      .map(([outcome, count]) => `rejoin: ${count} rooms answered ${outcome}`),
  )
  return [
    ...(idle === 0 ? [] : [`slow readers: none was closed in ${idle} of ${slowReaders.length} runs`]),
    ...new Set(other),
  ]
}
