import { goalInWords } from './goal.ts'
import { SERVER_NAMES, TITLES, type ServerName } from './servers.ts'
import { ratio, type Row } from './summary.ts'

const COMPARED: readonly ServerName[] = [
  'gatehouse',
  ...SERVER_NAMES.filter((server) => server !== 'plain' && server !== 'gatehouse'),
]

const WIDTH = 840
const MARGIN = 24
/** Where the bars begin, and where the axis ends. */
const LEFT = 268
const RIGHT = WIDTH - 84
const BAR = 12
const BAR_GAP = 4
const GROUP_GAP = 18
const TOP = 108
const HEADING = 30
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

/** Draws its own background, so that it is readable on light and dark pages. No scripts, no external fonts. */
const STYLE = `
.card{fill:#fff;stroke:#d0d7de}.t{fill:#1f2328}.q{fill:#59636e}.one{stroke:#59636e;stroke-width:1.5}
.grid{stroke:#d1d9e0}.g{fill:#0969da}.s{fill:#8c959f}.n{fill:#b1b9c1}.o{fill:#d5dade}.goal{stroke:#bc4c00;stroke-width:2.5}
text{font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}.l{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}.h{font-size:15px;font-weight:600}.b{font-weight:600}
@media(prefers-color-scheme:dark){.card{fill:#0d1117;stroke:#3d444d}.t{fill:#f0f6fc}.q{fill:#9198a1}
.l{stroke:#0d1117}.one{stroke:#9198a1}.grid{stroke:#2a3038}.g{fill:#4493f8}.s{fill:#7d8590}.n{fill:#58616b}.o{fill:#3b424a}.goal{stroke:#f0883e}}`

export interface Caption {
  readonly title: string
  /** One line each. */
  readonly notes: readonly [string, string]
}

/** The charted rows as bars of ratios against plain `ws`, with a mark where the goal is. */
export function chart(rows: readonly Row[], { title, notes }: Caption): string {
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
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-labelledby="t d">`,
    `<title id="t">${escaped(title)}</title><desc id="d">${escaped(inWords(rows))}</desc><style>${STYLE}</style>`,
    `<rect class="card" x=".5" y=".5" width="${WIDTH - 1}" height="${y - 1}" rx="8"/>`,
    text(MARGIN, 32, title, 't h'),
    text(MARGIN, 52, notes[0], 'q'),
    text(MARGIN, 68, notes[1], 'q'),
    legend(92),
    ...parts,
  ].join('\n')}\n</svg>\n`
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
    const said = Number.isFinite(value) ? `${value.toFixed(2)} ×` : 'not measured'
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

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function line(x1: number, y1: number, x2: number, y2: number, name: string): string {
  return `<line class="${name}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`
}

function text(x: number, y: number, said: string, name: string, anchor = 'start'): string {
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`
  return `<text class="${name}" x="${round(x)}" y="${y}"${anchored}>${escaped(said)}</text>`
}

function escaped(said: string): string {
  return said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
