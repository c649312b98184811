import type { FanOutCase } from './fan-out-cases.ts'
import { marksOfMost } from './footnotes.ts'
import { median } from './goal.ts'
import type { Measured } from './load/commands.ts'
import type { Mark } from './load/marks.ts'
import type { FanOutRuns, Run } from './measure.ts'
import { TITLES } from './servers.ts'
import { microsEach } from './summary.ts'

/** The share of the event loop above which wide rooms rest between sends. */
export const REST_VARIABLE = 'ROOM_REST_ABOVE'

const names = new Map([
  [0, '0, at every load'],
  [0.5, '0.5, the default'],
  [1, '1, never'],
])

/** What one fresh node with this setting did in one repetition. */
export interface RestRun {
  readonly above: number
  readonly fanOut: FanOutRuns
}

/** Medians of one setting under one load. */
export interface RestPoint {
  /** The setting, or the name of another server. */
  readonly setting: string
  /** Its number; undefined for another server. */
  readonly above: number | undefined
  readonly load: string
  readonly cpuMicros: number
  readonly p50: number
  readonly p99: number
  readonly marks: readonly Mark[]
}

/** The settings in rising order under each load, and after them plain `ws` from the runs beside the other servers. */
export function summarizeRest(
  rests: readonly RestRun[],
  runs: readonly Run[],
  cases: readonly FanOutCase[],
): RestPoint[] {
  const settings = [...new Set(rests.map(({ above }) => above))].toSorted((a, b) => a - b)
  const plain = runs.filter(({ server }) => server === 'plain')
  return cases.flatMap(({ name, messagesPerSecond }) => {
    const load = `${messagesPerSecond}/s`
    const found = (of: readonly { readonly fanOut: FanOutRuns }[]): Measured[] =>
      of.flatMap(({ fanOut }) => fanOut[name] ?? [])
    return [
      ...settings.map((above) => ({
        setting: names.get(above) ?? String(above),
        above,
        load,
        ...mediansOf(found(rests.filter((rest) => rest.above === above))),
      })),
      { setting: `${TITLES.plain}, from the runs above`, above: undefined, load, ...mediansOf(found(plain)) },
    ]
  })
}

function mediansOf(measured: readonly Measured[]): Pick<RestPoint, 'cpuMicros' | 'p50' | 'p99' | 'marks'> {
  return {
    cpuMicros: median(measured.map(microsEach)),
    p50: median(measured.map(({ latencyMs }) => latencyMs.p50)),
    p99: median(measured.map(({ latencyMs }) => latencyMs.p99)),
    marks: marksOfMost(measured),
  }
}
