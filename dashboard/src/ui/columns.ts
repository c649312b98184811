import type { Snippet } from 'svelte'

/** One column of a table. */
export interface Column<Row> {
  /** Also the field that the list is sorted by, when `isSortable`. */
  readonly id: string
  /** Header text, with the unit: "Pending KiB". */
  readonly title: string
  /** CSS width; columns without one share what is left. */
  readonly width?: string
  readonly isNumber?: boolean
  readonly isSortable?: boolean
  readonly cell: Snippet<[Row]>
}

/** The order of a list as it stands in the URL and in the request: "pendingBytes", or "-pendingBytes" for descending. */
export type Sort = string

/** What `aria-sort` says of a column. */
export function sortOf(column: string, sort: Sort | null): 'ascending' | 'descending' | undefined {
  if (sort === column) return 'ascending'
  return sort === `-${column}` ? 'descending' : undefined
}

/** The order after a click on a column's header: descending first, because the largest is usually of interest. */
export function nextSort(column: string, sort: Sort | null): Sort {
  return sort === `-${column}` ? column : `-${column}`
}
