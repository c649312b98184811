import type { TableRows } from './table-rows.svelte.js'

/** What a board of rows needs of a list that is filtered, sorted and paged elsewhere. */
export interface Listing<Row> {
  readonly table: TableRows<Row>
  /** How many match, loaded or not. */
  readonly total: number
  readonly isExact: boolean
  readonly hasAnswer: boolean
  /** When the rows were answered, Unix time in ms. */
  readonly asOf: number | null
  readonly failure: { readonly message: string; readonly requestId: string | null } | null
  /** Why the filter itself was refused; the query bar says it. */
  readonly refused: string | null
  more(): Promise<void>
  retry(): void
}
