import type { FilterField } from './filter-fields.js'

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
  readonly fields: Readonly<Record<string, FilterField<T>>>
  /** Fields whose names are not known beforehand, such as labels. */
  readonly openField?: (name: string) => FilterField<T> | undefined
  /** Where bare words of a filter are looked for. */
  readonly words: (item: T) => readonly (string | null)[]
  readonly sorts: Readonly<Record<string, SortField<T>>>
  /** As the query's `sort` says it. */
  readonly defaultSort: string
  readonly facets: Readonly<Record<string, (item: T) => string>>
  readonly row: (item: T) => R
}
