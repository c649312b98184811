import { footnotesFor, symbolsOf } from './footnotes.ts'
import type { RestPoint } from './rest-curve.ts'
import { card, line, MARGIN, round, text, WIDTH, type Caption } from './svg.ts'

const GAP = 60
const PANEL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / 2
/** Room for the numbers of the vertical axis. */
const AXIS = 46
const TOP = 128
const HEIGHT = 220
const FOOTNOTE = 16
const DOT = 4
/** About what one letter of a name takes. */
const LETTER = 7.5
const NAME_HEIGHT = 13
/** How far above or below its point a name may stand, tried in this order. */
const NAME_SHIFTS = [0, -14, 14, -28, 28]
/** Beyond this many times the largest of the settings, plain `ws` is named below instead of drawn. */
const MOST_TIMES = 1.5
/** Settings whose CPU differs by less than this share differ by noise: no line joins them. */
const LEAST_TRADE = 0.2
/** How many steps an axis has at least. */
const STEPS = 3

/** p99 over CPU for each setting, one panel for each load; to the left and below is better. */
export function restChart(points: readonly RestPoint[], caption: Caption): string {
  const loads = [...new Set(points.map(({ load }) => load))]
  const panels = loads.map((load, i) =>
    panel(
      load,
      points.filter((point) => point.load === load && isMeasured(point)),
      MARGIN + i * (PANEL_WIDTH + GAP),
    ),
  )
  const bottom = TOP + HEIGHT + 64
  const notes = footnotesFor(panels.join('')).map((note, i) => text(MARGIN, bottom + 8 + i * FOOTNOTE, note, 'q'))
  return card(caption, bottom + notes.length * FOOTNOTE + 8, inWords(points), [...panels, ...notes])
}

function isMeasured({ cpuMicros, p99 }: RestPoint): boolean {
  return Number.isFinite(cpuMicros) && Number.isFinite(p99)
}

function panel(load: string, points: readonly RestPoint[], left: number): string {
  const settings = points.filter(({ above }) => above !== undefined)
  const others = points.filter(({ above }) => above === undefined)
  const most = {
    cpu: Math.max(0, ...settings.map(({ cpuMicros }) => cpuMicros)),
    p99: Math.max(0, ...settings.map(({ p99 }) => p99)),
  }
  const near = others.filter(({ cpuMicros, p99 }) => cpuMicros <= most.cpu * MOST_TIMES && p99 <= most.p99 * MOST_TIMES)
  const drawn = [...settings, ...near]
  const cpuTicks = ticksOver(drawn.map(({ cpuMicros }) => cpuMicros))
  const p99Ticks = ticksOver([0, ...drawn.map(({ p99 }) => p99)])
  const x = scale(cpuTicks, left + AXIS, left + PANEL_WIDTH)
  const y = scale(p99Ticks, TOP + HEIGHT, TOP)
  const way = settings.map(({ cpuMicros, p99 }) => `${x(cpuMicros)},${y(p99)}`).join(' ')
  const dots = drawn.map(({ above, cpuMicros, p99 }) => {
    return `<circle class="${above === undefined ? 's' : 'g'}" cx="${x(cpuMicros)}" cy="${y(p99)}" r="${DOT}"/>`
  })
  const names = drawn.map(({ setting, above, cpuMicros, p99, marks }): Name => ({
    said: (above === undefined ? bare(setting) : String(above)) + symbolsOf(marks),
    style: above === undefined ? 'q l' : 't b l',
    x: x(cpuMicros),
    y: y(p99),
  }))
  const outside = others
    .filter((point) => !near.includes(point))
    .map(({ setting, cpuMicros, p99, marks }) => {
      const latency = Math.round(p99).toLocaleString('en-US')
      return `${bare(setting)}: ${cpuMicros.toFixed(1)} µs, ${latency} ms${symbolsOf(marks)}`
    })
  const isTrade = Math.min(...settings.map(({ cpuMicros }) => cpuMicros)) < most.cpu * (1 - LEAST_TRADE)
  const remarks = [
    ...(isTrade ? [] : ['no trade: the settings differ by noise']),
    ...(outside.length === 0 ? [] : [`outside: ${outside.join('; ')}`]),
  ]
  return [
    text(left, TOP - 34, `${load.replace('/', ' messages/')}: p99 in ms over CPU per delivery in µs`, 't b'),
    text(left, TOP - 17, remarks.join('; '), 'q'),
    ...cpuTicks.map((tick) => {
      return (
        line(x(tick), TOP, x(tick), TOP + HEIGHT, 'grid') + text(x(tick), TOP + HEIGHT + 18, `${tick}`, 'q', 'middle')
      )
    }),
    ...p99Ticks.map((tick) => {
      const number = text(left + AXIS - 8, y(tick) + 4, `${tick}`, 'q', 'end')
      return line(left + AXIS, y(tick), left + PANEL_WIDTH, y(tick), 'grid') + number
    }),
    ...(isTrade ? [`<polyline class="way" points="${way}"/>`] : []),
    ...dots,
    ...placed(names, left + PANEL_WIDTH),
  ].join('')
}

interface Name {
  readonly said: string
  readonly style: string
  /** Its point. */
  readonly x: number
  readonly y: number
}

/** Each name beside its point, or as near as it fits without covering another. */
function placed(names: readonly Name[], right: number): string[] {
  const taken: { readonly from: number; readonly to: number; readonly y: number }[] = []
  return names.map(({ said, style, x, y }) => {
    const width = said.length * LETTER
    const places = NAME_SHIFTS.flatMap((shift) => [
      { from: x + 8, to: x + 8 + width, y: y + 4 + shift, anchor: 'start' },
      { from: x - 8 - width, to: x - 8, y: y + 4 + shift, anchor: 'end' },
    ])
    const isFree = (place: (typeof places)[number]): boolean =>
      place.to <= right &&
      taken.every(
        (other) => place.to < other.from || place.from > other.to || Math.abs(place.y - other.y) >= NAME_HEIGHT,
      )
    const place = places.find(isFree) ?? { from: x + 8, to: x + 8 + width, y: y + 4, anchor: 'start' }
    taken.push(place)
    return text(place.anchor === 'start' ? place.from : place.to, round(place.y), said, style, place.anchor)
  })
}

function bare(title: string): string {
  return title.replaceAll('`', '')
}

function scale(ticks: readonly number[], begin: number, end: number): (value: number) => number {
  const [least, most] = [ticks[0] ?? 0, ticks.at(-1) ?? 1]
  return (value) => round(begin + ((value - least) / (most - least)) * (end - begin))
}

/** Round numbers, the first not above and the last not below any of the values. */
function ticksOver(values: readonly number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const span = most > least ? most - least : most
  if (!(span > 0) || !Number.isFinite(span)) return [0, 1]
  const power = 10 ** Math.floor(Math.log10(span / STEPS))
  const step = [10, 5, 2].map((times) => times * power).find((size) => size * STEPS <= span) ?? power
  const first = Math.floor(least / step)
  const count = Math.max(1, Math.ceil(most / step) - first)
  return Array.from({ length: count + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)))
}

/** The chart in words, for screen readers. */
function inWords(points: readonly RestPoint[]): string {
  const said = points.filter(isMeasured).map(({ setting, load, cpuMicros, p99 }) => {
    return `${load}, ${bare(setting)}: ${cpuMicros.toFixed(2)} µs, ${p99.toFixed(1)} ms`
  })
  return `CPU per delivery and p99. ${said.join('. ')}.`
}
