import { sql, type RawBuilder } from 'kysely'
import { parseSize, parseSpan, type FilterToken } from '@gatehouse/protocol/rest'
import { formatRange, overlaps, parseRange, type AddressRange } from '../address-range.js'
import { BadListRequest } from '../repositories/store-errors.js'
import { globMatches, globToLike } from './glob.js'

/** A compiled filter token, with the same meaning for PostgreSQL and for rows in memory. */
export interface Condition<Row> {
  readonly where: RawBuilder<boolean>
  readonly matches: (row: Row) => boolean
}

/** Compiles the tokens of one field. */
export type Field<Row> = (token: FilterToken, nowMs: number) => Condition<Row>

type Column = RawBuilder<unknown>

/** An exact text, or with `*` for any run of characters. `expand` maps a word to the stored values it stands for. */
export function textField<Row>(
  column: Column,
  read: (row: Row) => string | null,
  expand: (value: string) => readonly string[] = (value) => [value],
): Field<Row> {
  return (token) => {
    onlyEquals(token)
    const values = token.values.flatMap(expand)
    const likes = values.map(globToLike)
    return {
      where: sql<boolean>`${column} LIKE ANY (${likes}::text[])`,
      matches: (row) => {
        const text = read(row)
        return text !== null && values.some((value) => globMatches(value, text))
      },
    }
  }
}

/** A column with a list of texts, any of which may match. */
export function textsField<Row>(column: Column, read: (row: Row) => readonly string[]): Field<Row> {
  return (token) => {
    onlyEquals(token)
    const likes = token.values.map(globToLike)
    return {
      where: sql<boolean>`EXISTS (SELECT 1 FROM unnest(${column}) AS element WHERE element LIKE ANY (${likes}::text[]))`,
      matches: (row) => read(row).some((text) => token.values.some((value) => globMatches(value, text))),
    }
  }
}

/** Matches if any of several texts contains the word, ignoring case. */
export function wordField<Row>(columns: readonly Column[], read: (row: Row) => readonly (string | null)[]): Field<Row> {
  return (token) => {
    onlyEquals(token)
    const words = token.values.map((value) => value.toLowerCase())
    const likes = words.map((word) => `%${word.replaceAll(/[\\%_]/g, (c) => `\\${c}`)}%`)
    const parts = columns.map((column) => sql<boolean>`lower(${column}) LIKE ANY (${likes}::text[])`)
    return {
      where: sql<boolean>`(${sql.join(parts, sql` OR `)})`,
      matches: (row) =>
        read(row).some((text) => text !== null && words.some((word) => text.toLowerCase().includes(word))),
    }
  }
}

const readers = {
  number: (text: string): number | undefined => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined),
  size: parseSize,
  span: (text: string): number | undefined => parseSpan(text) ?? readers.number(text),
}

/** A number compared with `=`, `>` or `<`; sizes are written as `64k` and spans as `10s`. */
export function numberField<Row>(
  column: Column,
  read: (row: Row) => number | null,
  unit: keyof typeof readers = 'number',
): Field<Row> {
  return (token) => {
    const values = token.values.map((text) => readers[unit](text) ?? bad(token, text, `is not a ${unit}`))
    const [first = 0] = values
    const where = {
      '=': sql<boolean>`${column} = ANY (${values}::float8[])`,
      '>': sql<boolean>`${column} > ${first}::float8`,
      '<': sql<boolean>`${column} < ${first}::float8`,
    }[token.op]
    return {
      where,
      matches: (row) => {
        const value = read(row)
        if (value === null) return false
        return token.op === '=' ? values.includes(value) : token.op === '>' ? value > first : value < first
      },
    }
  }
}

/** From a time on, or before it: `1h` (ago), milliseconds since 1970, or an ISO date. */
export function timeField<Row>(side: 'since' | 'before', column: Column, read: (row: Row) => number): Field<Row> {
  return (token, nowMs) => {
    onlyEquals(token)
    const [text = ''] = token.values
    const span = parseSpan(text)
    const time = span !== undefined ? nowMs - span : /^\d{9,15}$/.test(text) ? Number(text) : Date.parse(text)
    if (Number.isNaN(time)) bad(token, text, 'is not a time; write 15m, 2026-11-23T10:00Z or milliseconds since 1970')
    const edge = Math.round(time)
    return side === 'since'
      ? { where: sql<boolean>`${column} >= ${edge}`, matches: (row) => read(row) >= edge }
      : { where: sql<boolean>`${column} < ${edge}`, matches: (row) => read(row) < edge }
  }
}

/** An address or range that overlaps the stored address or prefix. */
export function addressField<Row>(column: Column, read: (row: Row) => AddressRange | null): Field<Row> {
  return (token) => {
    onlyEquals(token)
    const ranges = token.values.map(
      (text) => parseRange(text) ?? bad(token, text, 'is neither an address nor a range such as 203.0.113.0/24'),
    )
    const parts = ranges.map((range) => sql<boolean>`${column} && ${formatRange(range)}::inet`)
    return {
      where: sql<boolean>`(${sql.join(parts, sql` OR `)})`,
      matches: (row) => {
        const stored = read(row)
        return stored !== null && ranges.some((range) => overlaps(range, stored))
      },
    }
  }
}

function onlyEquals(token: FilterToken): void {
  if (token.op !== '=')
    throw new BadListRequest(`${token.field} cannot be compared with ${token.op}; write ${token.field}:value`)
}

function bad(token: FilterToken, value: string, what: string): never {
  throw new BadListRequest(`${token.field}:${value}: ${value} ${what}`)
}
