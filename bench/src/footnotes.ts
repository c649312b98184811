import { LEAST_ARRIVED_PERCENT, MOST_OTHER_PERCENT, SATURATED_PERCENT, type Mark } from './load/marks.ts'

interface Footnote {
  readonly symbol: string
  readonly meaning: string
}

const footnotes: Readonly<Record<Mark, Footnote>> = {
  saturated: {
    symbol: '†',
    meaning: `The server was saturated: it used at least ${SATURATED_PERCENT} % of a core, or less than ${LEAST_ARRIVED_PERCENT} % of the offered deliveries arrived in time.`,
  },
  disturbed: {
    symbol: '‡',
    meaning: `Other work took more than ${MOST_OTHER_PERCENT} % of a core, or the load process used more than ${SATURATED_PERCENT} % of its own.`,
  },
}
const MARKS = Object.keys(footnotes) as Mark[]

/** The marks that most of these runs have, as a median does not show what only a few of them met. */
export function marksOfMost(runs: readonly { readonly marks: readonly Mark[] }[]): Mark[] {
  return MARKS.filter((mark) => runs.filter(({ marks }) => marks.includes(mark)).length * 2 > runs.length)
}

/** The symbols of these marks with a space before them; each once, in one order, and nothing without marks. */
export function symbolsOf(marks: readonly Mark[] = []): string {
  const symbols = MARKS.filter((mark) => marks.includes(mark)).map((mark) => footnotes[mark].symbol)
  return symbols.length === 0 ? '' : ` ${symbols.join('')}`
}

/** A line for each symbol in this text, with what it means. */
export function footnotesFor(text: string): string[] {
  const used = MARKS.map((mark) => footnotes[mark]).filter(({ symbol }) => text.includes(symbol))
  return used.map(({ symbol, meaning }) => `${symbol} ${meaning}`)
}
