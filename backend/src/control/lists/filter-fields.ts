import { type FilterToken, parseSize, parseSpan } from '@gatehouse/protocol/rest'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { filterFault } from './list-request.js'

/** How a field of a live list is read from a row and compared. */
export type FilterField<T> =
  | { readonly kind: 'text'; readonly of: (row: T) => string | null }
  | { readonly kind: 'texts'; readonly of: (row: T) => Iterable<string> }
  | { readonly kind: 'address'; readonly of: (row: T) => string | null }
  | { readonly kind: 'number' | 'bytes' | 'span'; readonly of: (row: T) => number | null }
  /** A time; `since:15m` means at most 15 minutes ago, `since:>15m` longer ago. */
  | { readonly kind: 'time'; readonly of: (row: T) => number }

export type Test<T> = (row: T) => boolean

/** The test a token stands for; `nowMs` is wall time. */
export function testOf<T>(field: FilterField<T>, token: FilterToken, nowMs: number): Test<T> {
  const fits = positive(field, token, nowMs)
  return token.negated ? (row) => !fits(row) : fits
}

function positive<T>(field: FilterField<T>, token: FilterToken, nowMs: number): Test<T> {
  switch (field.kind) {
    case 'text':
      return anyText(equalsOnly(token).map(textTest), field.of)
    case 'texts':
      return anyOf(equalsOnly(token).map(textTest), field.of)
    case 'address':
      return anyText(equalsOnly(token).map(addressTest), field.of)
    case 'time':
      return timeTest(token, nowMs, field.of)
    default:
      return numberTest(field.kind, token, field.of)
  }
}

function equalsOnly({ field, op, values }: FilterToken): readonly string[] {
  if (op !== '=') throw filterFault(`${field} cannot be compared with ${op}`)
  return values
}

function anyText<T>(tests: readonly Test<string>[], of: (row: T) => string | null): Test<T> {
  return (row) => {
    const text = of(row)
    return text !== null && tests.some((test) => test(text))
  }
}

/** Exact, or with `*` for any run of characters: its pieces in order, so no pattern is slow. */
function textTest(value: string): Test<string> {
  const pieces = value.split('*')
  if (pieces.length === 1) return (text) => text === value
  const first = pieces[0] as string
  const last = pieces.at(-1) as string
  const between = pieces.slice(1, -1)
  return (text) => {
    const end = text.length - last.length
    if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false
    let at = first.length
    for (const piece of between) {
      at = text.indexOf(piece, at) + piece.length
      if (at < piece.length || at > end) return false
    }
    return true
  }
}

function anyOf<T>(tests: readonly Test<string>[], of: (row: T) => Iterable<string>): Test<T> {
  return (row) => {
    for (const text of of(row)) if (tests.some((test) => test(text))) return true
    return false
  }
}

function addressTest(value: string): Test<string> {
  const [network = '', prefix] = value.split('/')
  if (prefix === undefined || isIP(network) === 0) return textTest(value)
  const bits = Number(prefix)
  const isV6 = isIPv6(network)
  if (!Number.isInteger(bits) || bits < 0 || bits > (isV6 ? 128 : 32)) throw filterFault(`${value} is no address range`)
  const range = new BlockList()
  range.addSubnet(network, bits, isV6 ? 'ipv6' : 'ipv4')
  return (text) => isIP(text) !== 0 && range.check(text, isIPv6(text) ? 'ipv6' : 'ipv4')
}

function timeTest<T>({ field, op, values }: FilterToken, nowMs: number, of: (row: T) => number): Test<T> {
  if (values.length > 1) throw filterFault(`${field} takes one time`)
  const text = values[0] as string
  const span = parseSpan(text)
  const moment = span === undefined ? Date.parse(text) : nowMs - span
  if (Number.isNaN(moment)) throw filterFault(`${text} is no span such as 15m and no time such as 2026-11-23T08:00:00Z`)
  return op === '>' ? (row) => of(row) < moment : (row) => of(row) >= moment
}

const readers = { number: readNumber, bytes: parseSize, span: (text: string) => parseSpan(text) ?? readNumber(text) } as const
const examples = { number: '5', bytes: '64k', span: '500ms' } as const

function readNumber(text: string): number | undefined {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined
}

function numberTest<T>(kind: keyof typeof readers, { field, op, values }: FilterToken, of: (row: T) => number | null): Test<T> {
  const bounds = values.map((text) => {
    const bound = readers[kind](text)
    if (bound === undefined) throw filterFault(`${field} takes a value such as ${examples[kind]}, not ${text}`)
    return bound
  })
  const bound = bounds[0] as number
  return (row) => {
    const value = of(row)
    if (value === null) return false
    if (op === '=') return bounds.includes(value)
    return op === '>' ? value > bound : value < bound
  }
}
