import type { Page } from '@gatehouse/protocol/rest'
import type { Router } from '../router.svelte.js'
import type { ControlRoom } from './control-room.js'
import { PagedList } from './paged-list.svelte.js'
import { poll } from './poll.js'

/** Where a list is found and how it is read. */
interface Source<Row> {
  /** Its path in the REST API. */
  readonly path: string
  readonly idOf: (row: Row) => string
  /** The order while the address has none. */
  readonly sort: string
  readonly everyMs: number
}

/**
 * A list whose filter and order stand in the address, asked again every few seconds. Made while a component is set up,
 * it ends with it.
 */
export class AddressedList<Row> extends PagedList<Row> {
  readonly #router: Router
  readonly #defaultSort: string

  constructor({ api, live, router }: ControlRoom, { path, idOf, sort, everyMs }: Source<Row>) {
    super((request, signal) => api.get<Page<Row>>(path, { ...request }, signal), idOf)
    this.#router = router
    this.#defaultSort = sort
    $effect(() => void this.open({ filter: this.filter, sort: this.sort }))
    $effect(() => poll(live, everyMs, () => this.refresh()))
  }

  readonly filter = $derived.by(() => this.#router.query('filter') ?? '')
  readonly sort = $derived.by(() => this.#router.query('sort') ?? this.#defaultSort)
}
