import { isWithinTolerance, TOLERANCE_PERCENT, type ComparisonRow } from './comparison.ts'
import { symbolsOf } from './footnotes.ts'
import { goalInWords, isMet, type Goal } from './goal.ts'
import { REST_VARIABLE, type RestPoint } from './rest-curve.ts'
import type { ScenarioRow } from './scenario-summary.ts'
import { SERVER_NAMES, TITLES, type ServerName } from './servers.ts'
import { ratio, type Row } from './summary.ts'

/** All servers side by side as a Markdown table: Gatehouse's figure, and its ratio to each of the others. */
export function table(rows: readonly Row[]): string {
  const others = SERVER_NAMES.filter((server) => server !== 'gatehouse')
  const lines = rows.map((row) => [
    row.what,
    marked(row, 'gatehouse'),
    ...others.map((server) => multiple(ratio(row, 'gatehouse', server), marked(row, server))),
    SERVER_NAMES.flatMap((server) => verdictAgainst(row, server)).join('; '),
  ])
  return markdown(['what', 'Gatehouse', ...others.map((server) => `= ratio × ${TITLES[server]}`), 'goal'], lines)
}

/** The figures that only Gatehouse has, as a Markdown table. */
export function scenarioTable(rows: readonly ScenarioRow[]): string {
  const lines = rows.map((row) => [row.what, withUnit(row.value, row.unit) + symbolsOf(row.marks), verdict(row)])
  return markdown(['Gatehouse alone', 'value', 'goal'], lines)
}

/** What each setting of the rest costs, as a Markdown table; plain `ws` in the same run as the last line. */
export function restTable(points: readonly RestPoint[]): string {
  const loads = [...new Set(points.map(({ load }) => load))]
  const lines = [...new Set(points.map(({ setting }) => setting))].map((setting) => [
    setting,
    ...loads.flatMap((load) => {
      const point = points.find((each) => each.setting === setting && each.load === load)
      if (point === undefined) return ['–', '–', '–']
      const { cpuMicros, p50, p99, marks } = point
      return [withUnit(cpuMicros, 'µs'), withUnit(p50, 'ms'), withUnit(p99, 'ms')].map(
        (cell) => cell + symbolsOf(marks),
      )
    }),
  ])
  const heads = loads.flatMap((load) => [`${load}: CPU per delivery`, 'p50', 'p99'])
  return markdown([`\`${REST_VARIABLE}\``, ...heads], lines, { lastIsText: false })
}

/** This clone's Gatehouse beside that of an earlier checkout, as a Markdown table. */
export function comparisonTable(rows: readonly ComparisonRow[]): string {
  const exact = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–')
  const lines = rows.map((row) => [
    row.what,
    withUnit(row.now, row.unit) + symbolsOf(row.marks?.now),
    withUnit(row.before, row.unit) + symbolsOf(row.marks?.before),
    exact(row.ratio),
    `${exact(Math.min(...row.roundRatios))} to ${exact(Math.max(...row.roundRatios))}`,
    !Number.isFinite(row.ratio) ? 'not measured' : isWithinTolerance(row) ? `within ${TOLERANCE_PERCENT} %` : 'outside',
  ])
  return markdown(['figure', 'now', 'before', 'now ÷ before', 'in each run', 'verdict'], lines)
}

function multiple(times: number, figure: string): string {
  return Number.isFinite(times) ? `**${fixed(times)}** × ${figure}` : '–'
}

function markdown(
  heads: readonly string[],
  lines: readonly (readonly string[])[],
  { lastIsText = true }: { readonly lastIsText?: boolean } = {},
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, i) => (i === 0 || (lastIsText && i === heads.length - 1) ? '---' : '--:'))
  return [line(heads), `|${rule.join('|')}|`, ...lines.map(line)].join('\n')
}

/** Where the figure of either is doubtful, so is the verdict. */
function verdictAgainst(row: Row, server: ServerName): string[] {
  const goal = row.goals?.[server]
  const isOwn = server === 'gatehouse'
  const value = isOwn ? row.medians.gatehouse : ratio(row, 'gatehouse', server)
  if (goal === undefined || !Number.isFinite(value)) return []
  const aim = isOwn ? goalWithUnit(goal, row.unit) : `${goalInWords(goal)} × ${TITLES[server]}`
  const marks = [row.marks.gatehouse ?? [], row.marks[server] ?? []].flat()
  return [`${aim}, ${isMet(value, goal) ? 'met' : 'missed'}${symbolsOf(marks)}`]
}

function marked(row: Row, server: ServerName): string {
  return withUnit(row.medians[server], row.unit) + symbolsOf(row.marks[server])
}

function verdict({ value, goal, unit, marks }: ScenarioRow): string {
  if (goal === undefined) return ''
  const aim = unit === '' ? goalInWords(goal) : goalWithUnit(goal, unit)
  return `${aim}, ${isMet(value, goal) ? 'met' : 'missed'}${symbolsOf(marks)}`
}

function goalWithUnit(goal: Goal, unit: string): string {
  return 'atMost' in goal ? `≤ ${goal.atMost} ${unit}` : `≥ ${goal.atLeast} ${unit}`
}

function withUnit(value: number, unit: string): string {
  if (!Number.isFinite(value)) return '–'
  if (unit === '') return fixed(value)
  if (value >= 1000) return `${Math.round(value).toLocaleString('en-US')} ${unit}`
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1)} ${unit}`
}

function fixed(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '–'
}
