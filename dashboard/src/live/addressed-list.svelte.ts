import type { Page } from '@gatehouse/protocol/rest'
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
 * A list whose filter and order are in the address, loaded again every few seconds. It must be made while a component
 * is set up, and ends with it.
 */
export class AddressedList<Row> extends PagedList<Row> {
  readonly filter = $derived.by(() => this.room.router.query('filter') ?? '')
  readonly sort = $derived.by(() => this.room.router.query('sort') ?? this.source.sort)

  constructor(
    private readonly room: ControlRoom,
    private readonly source: Source<Row>,
  ) {
    super((request, signal) => room.api.get<Page<Row>>(source.path, { ...request }, signal), source.idOf)
    $effect(() => void this.open({ filter: this.filter, sort: this.sort }))
    $effect(() => poll(room.live, source.everyMs, () => this.refresh()))
  }
}
