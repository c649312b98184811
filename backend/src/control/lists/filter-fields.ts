import type { FilterToken } from '@gatehouse/protocol/rest'
import { filterFault } from './list-query.js'

export type Test<T> = (item: T) => boolean

/** How a field of a live list is read and compared. */
type FilterField<T> =
  | { readonly kind: 'text'; readonly of: (item: T) => string | null }
  | { readonly kind: 'number'; readonly of: (item: T) => number | null }

export interface FilterFields<T> {
  readonly fields: Readonly<Record<string, FilterField<T>>>
  /** The texts that bare words are searched in. */
  readonly words: (item: T) => readonly (string | null)[]
}

/** The test for a filter's tokens, all of which must match. */
export function fieldFilter<T>({ fields, words }: FilterFields<T>): (tokens: readonly FilterToken[]) => Test<T> {
  return (tokens) => {
    const tests = tokens.map((token) => {
      const fits = token.field === 'text' ? wordTest(words, equalsOnly(token)) : fieldTest(fields, token)
      return token.negated ? (item: T) => !fits(item) : fits
    })
    return (item) => tests.every((test) => test(item))
  }
}

function fieldTest<T>(fields: FilterFields<T>['fields'], token: FilterToken): Test<T> {
  const field = Object.hasOwn(fields, token.field) ? fields[token.field] : undefined
  if (field === undefined) {
    throw filterFault(`${token.field} is not a field of this list; its fields are ${Object.keys(fields).join(', ')}`)
  }
  if (field.kind === 'number') return numberTest(token, field.of)
  const tests = equalsOnly(token).map(globTest)
  return (item) => {
    const text = field.of(item)
    return text !== null && tests.some((test) => test(text))
  }
}

function wordTest<T>(words: FilterFields<T>['words'], values: readonly string[]): Test<T> {
  const wanted = values.map((word) => word.toLowerCase())
  return (item) => words(item).some((text) => text !== null && wanted.some((word) => text.toLowerCase().includes(word)))
}

function equalsOnly({ field, op, values }: FilterToken): readonly string[] {
  if (op !== '=') throw filterFault(`${field} cannot be compared with ${op}`)
  return values
}

/** An exact match, or with `*` for any run of characters. The pieces are searched in order, so no pattern is slow. */
function globTest(value: string): Test<string> {
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
      const found = text.indexOf(piece, at)
      if (found < 0 || found + piece.length > end) return false
      at = found + piece.length
    }
    return true
  }
}

function numberTest<T>({ field, op, values }: FilterToken, of: (item: T) => number | null): Test<T> {
  const bounds = values.map((text) => {
    if (!/^\d+(?:\.\d+)?$/.test(text)) throw filterFault(`${field} takes a number such as 5, not ${text}`)
    return Number(text)
  })
  const bound = bounds[0] as number
  return (item) => {
    const value = of(item)
    if (value === null) return false
    if (op === '=') return bounds.includes(value)
    return op === '>' ? value > bound : value < bound
  }
}
