import type { Page } from '@gatehouse/protocol/rest'
import { TableRows } from '../ui/table-rows.svelte.js'
import type { ApiError } from './api.js'
import { Resource } from './resource.svelte.js'

/** What a list is asked for. */
export interface ListQuestion {
  readonly filter: string
  readonly sort: string | null
}

/** One request for a page of a list. */
export type PageRequest = ListQuestion & { readonly limit: number; readonly cursor: string | null }

const FIRST = 100
/** The most rows one request answers; longer lists are not refreshed. */
const MOST = 500

/**
 * A list that the server filters, sorts and counts. Pages are loaded as the reader nears the end, and loaded rows are
 * refreshed. The table holds the order while rows are selected or pointed at.
 */
export class PagedList<Row> {
  readonly table: TableRows<Row>
  #question = $state.raw<ListQuestion | null>(null)
  readonly #page = new Resource<Page<Row>>()

  constructor(
    private readonly ask: (request: PageRequest, signal: AbortSignal) => Promise<Page<Row>>,
    idOf: (row: Row) => string,
  ) {
    this.table = new TableRows(idOf)
  }

  /** How many match, loaded or not: exact, or at least so many. */
  get total(): number {
    return this.#page.value?.total ?? this.#page.value?.atLeast ?? this.table.rows.length
  }
  readonly isExact = $derived(this.#page.value?.total !== undefined)
  readonly facets = $derived(this.#page.value?.facets ?? {})
  readonly hasAnswer = $derived(this.#page.value !== undefined)

  get failure(): ApiError | null {
    return this.#page.failure
  }
  /** When the rows were answered, Unix time in ms. */
  get asOf(): number | null {
    return this.#page.asOf
  }
  /** Why the filter itself was refused, or null. */
  readonly refused = $derived(this.failure?.status === 400 ? this.failure.message : null)

  /** Asks another question: rows, selection and order are reset. */
  async open(question: ListQuestion): Promise<void> {
    this.#question = question
    const page = await this.#load({ ...question, limit: FIRST, cursor: null })
    if (page) this.table.replace(page.items)
  }

  /** Loads the next page, if there is one. */
  async more(): Promise<void> {
    const cursor = this.#page.value?.next
    if (!this.#question || cursor === undefined || this.#page.isLoading) return
    const page = await this.#load({ ...this.#question, limit: FIRST, cursor })
    if (page) this.table.append(page.items)
  }

  /** Asks for the loaded rows again. Lists too long for one request stay as they are. */
  async refresh(): Promise<void> {
    const loaded = this.table.rows.length
    if (!this.#question || this.#page.isLoading || loaded > MOST) return
    const limit = Math.min(MOST, Math.max(FIRST, loaded))
    const page = await this.#load({ ...this.#question, limit, cursor: null })
    if (page) this.table.refresh(page.items)
  }

  retry(): void {
    if (this.#question) void this.open(this.#question)
  }

  #load(request: PageRequest): Promise<Page<Row> | undefined> {
    return this.#page.load((signal) => this.ask(request, signal))
  }
}
