import type { FilterToken } from '@gatehouse/protocol/rest'
import type { Test } from './filter-fields.js'

export interface SortField<T> {
  /** Always a number or always a text; -1 or '' for what was never measured. */
  readonly of: (item: T) => number | string
  /** Whether the value may change while people page; if so, the order is frozen. */
  readonly isLive: boolean
}

/** A list of live objects: how its rows are filtered, ordered, counted and shown. */
export interface LiveList<T, R> {
  readonly all: () => Iterable<T>
  readonly find: (id: string) => T | undefined
  readonly id: (item: T) => string
  /** The test for the tokens. @throws ProblemError 400 naming the token at fault */
  readonly filter: (tokens: readonly FilterToken[]) => Test<T>
  readonly sorts: Readonly<Record<string, SortField<T>>>
  /** In the form of the query's `sort`. */
  readonly defaultSort: string
  readonly facets: Readonly<Record<string, (item: T) => string>>
  readonly row: (item: T) => R
}
