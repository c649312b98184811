import { footnotesFor, symbolsOf } from './footnotes.ts'
import { goalInWords } from './goal.ts'
import { SERVER_NAMES, TITLES, type ServerName } from './servers.ts'
import { ratio, type Row } from './summary.ts'
import { card, line, MARGIN, round, text, WIDTH, type Caption } from './svg.ts'

const COMPARED: readonly ServerName[] = [
  'gatehouse',
  ...SERVER_NAMES.filter((server) => server !== 'plain' && server !== 'gatehouse'),
]

/** Where the bars begin, and where the axis ends. */
const LEFT = 268
const RIGHT = WIDTH - 84
const BAR = 12
const BAR_GAP = 4
const GROUP_GAP = 18
const TOP = 108
const HEADING = 30
const FOOTNOTE = 16
const GROUP = COMPARED.length * (BAR + BAR_GAP) + GROUP_GAP
/** Where the axis ends; longer bars are cut off there. */
const MOST = 4

const CLASSES: Readonly<Record<ServerName, string>> = {
  plain: '',
  gatehouse: 'g',
  socketIo: 's',
  nest: 'n',
  gorilla: 'o',
}

/** The charted rows as bars of ratios against plain `ws`, with a mark where the goal is. */
export function chart(rows: readonly Row[], caption: Caption): string {
  const parts: string[] = []
  let y = TOP
  for (const [better, heading] of [
    ['less', 'shorter is better'],
    ['more', 'longer is better'],
  ] as const) {
    const charted = rows.filter((row) => row.better === better && row.chart !== undefined)
    const top = y + HEADING
    const bottom = top + charted.length * GROUP - GROUP_GAP
    const [from, to] = [top - 8, bottom + 2]
    const groups = charted.map((row, i) => group(row, top + i * GROUP))
    parts.push(text(MARGIN, from - 6, heading, 'q'), axis(from, to))
    // The reference line lies over the bars, and the numbers lie on top.
    parts.push(...groups.map(({ bars }) => bars), line(at(1), from, at(1), to, 'one'))
    parts.push(...groups.map(({ marks, labels }) => marks + labels))
    y = to + 40
  }
  const footnotes = footnotesFor(parts.join(''))
  const notes = footnotes.map((note, i) => text(MARGIN, y - 4 + i * FOOTNOTE, note, 'q'))
  return card(caption, y + notes.length * FOOTNOTE, inWords(rows), [legend(92), ...parts, ...notes])
}

interface Group {
  readonly bars: string
  readonly marks: string
  readonly labels: string
}

function group(row: Row, top: number): Group {
  const { chart: name = row.what, goals } = row
  const goal = goals?.plain
  const bars = COMPARED.map((server, i) => {
    const width = round(at(ratio(row, server, 'plain')) - LEFT)
    const y = top + i * (BAR + BAR_GAP)
    return `<rect class="${CLASSES[server]}" x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`
  })
  const labels = COMPARED.map((server, i) => {
    const value = ratio(row, server, 'plain')
    const marks = [row.marks[server] ?? [], row.marks.plain ?? []].flat()
    const said = Number.isFinite(value) ? `${value.toFixed(2)} ×${symbolsOf(marks)}` : 'not measured'
    return text(at(value) + 6, top + i * (BAR + BAR_GAP) + BAR - 2, said, server === 'gatehouse' ? 't b l' : 'q l')
  })
  const names = text(MARGIN, top + 12, name, 't')
  if (goal === undefined) return { bars: names + bars.join(''), marks: '', labels: labels.join('') }
  const target = at('atMost' in goal ? goal.atMost : goal.atLeast)
  return {
    bars: names + text(MARGIN, top + 28, `goal ${goalInWords(goal)} ×`, 'q') + bars.join(''),
    marks: line(target, top - 4, target, top + GROUP - GROUP_GAP, 'goal'),
    labels: labels.join(''),
  }
}

function axis(from: number, to: number): string {
  const ticks = Array.from({ length: MOST + 1 }, (_, i) => i)
  return ticks
    .map(
      (tick) => `${line(at(tick), from, at(tick), to, 'grid')}${text(at(tick), to + 14, `${tick} ×`, 'q', 'middle')}`,
    )
    .join('')
}

function legend(y: number): string {
  let x = MARGIN
  const entry = (mark: string, name: string): string => {
    const parts = mark + text(x + 18, y, name, 'q')
    x += 34 + name.length * 6.6
    return parts
  }
  const swatch = (server: ServerName): string =>
    entry(`<rect class="${CLASSES[server]}" x="${x}" y="${y - 10}" width="12" height="12" rx="2"/>`, TITLES[server])
  return [
    ...COMPARED.map(swatch),
    entry(line(x + 6, y - 11, x + 6, y + 3, 'one'), 'plain ws = 1'),
    entry(line(x + 6, y - 11, x + 6, y + 3, 'goal'), 'goal for Gatehouse'),
  ].join('')
}

/** The chart in words, for screen readers. */
function inWords(rows: readonly Row[]): string {
  const charted = rows.filter((row) => row.chart !== undefined)
  const said = charted.map((row) => {
    const ratios = COMPARED.map((server) => `${TITLES[server]} ${ratio(row, server, 'plain').toFixed(2)}`)
    return `${row.chart}: ${ratios.join(', ')}`
  })
  return `Ratios against plain ws. ${said.join('. ')}.`
}

function at(value: number): number {
  const clipped = Number.isFinite(value) ? Math.min(value, MOST) : 0
  return round(LEFT + (clipped / MOST) * (RIGHT - LEFT))
}
