import type { Page } from '@gatehouse/protocol/rest'
import type { ControlRoom } from './control-room.js'
import { PagedList } from './paged-list.svelte.js'

/** A list of the REST API by its path. */
export function listOf<Row>(room: ControlRoom, path: string, idOf: (row: Row) => string): PagedList<Row> {
  return new PagedList<Row>((request, signal) => room.api.get<Page<Row>>(path, { ...request }, signal), idOf)
}
