import type { FilterToken } from '@gatehouse/protocol/rest'
import type { Test } from './filter-fields.js'

export interface SortField<T> {
  /** Always a number or always a text; what was never measured is -1 or ''. */
  readonly of: (item: T) => number | string
  /** Whether the value moves while people page: then the order is frozen. */
  readonly isLive: boolean
}

/** A list over what is in memory now: how its rows are filtered, ordered, counted and shown. */
export interface LiveList<T, R> {
  readonly all: () => Iterable<T>
  readonly find: (id: string) => T | undefined
  readonly id: (item: T) => string
  /** The test that the tokens stand for. @throws ProblemError 400 naming the token at fault */
  readonly filter: (tokens: readonly FilterToken[]) => Test<T>
  readonly sorts: Readonly<Record<string, SortField<T>>>
  /** As the query's `sort` says it. */
  readonly defaultSort: string
  readonly facets: Readonly<Record<string, (item: T) => string>>
  readonly row: (item: T) => R
}
