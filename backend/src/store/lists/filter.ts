import { sql, type RawBuilder } from 'kysely'
import type { FilterToken } from '@gatehouse/protocol/rest'
import { BadListRequest } from '../repositories/store-errors.js'
import type { Condition, Field } from './fields.js'

export type Fields<Row> = Readonly<Record<string, Field<Row>>>

/**
 * All tokens as one condition.
 *
 * @throws BadListRequest on an unknown field or a value that cannot be parsed
 */
export function compileFilter<Row>(tokens: readonly FilterToken[], fields: Fields<Row>, nowMs: number): Condition<Row> {
  const conditions = tokens.map((token) => compileToken(token, fields, nowMs))
  const parts: RawBuilder<boolean>[] = conditions.map((condition) => condition.where)
  return {
    where: parts.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join(parts, sql` AND `)})`,
    matches: (row) => conditions.every((condition) => condition.matches(row)),
  }
}

function compileToken<Row>(token: FilterToken, fields: Fields<Row>, nowMs: number): Condition<Row> {
  const field = Object.hasOwn(fields, token.field) ? fields[token.field] : undefined
  if (field === undefined)
    throw new BadListRequest(`this list has no field ${token.field}; its fields are ${Object.keys(fields).join(', ')}`)
  const condition = field(token, nowMs)
  if (!token.negated) return condition
  // NULL matches no value, so it must match every negation; NOT alone would leave it out.
  return {
    where: sql<boolean>`NOT coalesce(${condition.where}, false)`,
    matches: (row) => !condition.matches(row),
  }
}

export interface Order {
  readonly field: string
  readonly descending: boolean
}

/** @throws BadListRequest on a field the list cannot be sorted by */
export function compileOrder(sort: string | undefined, allowed: readonly string[], otherwise: string): Order {
  const text = sort ?? otherwise
  const descending = text.startsWith('-')
  const field = descending ? text.slice(1) : text
  if (!allowed.includes(field))
    throw new BadListRequest(`this list cannot be sorted by ${field}; it can be sorted by ${allowed.join(', ')}`)
  return { field, descending }
}
