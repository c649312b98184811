import type { Refusal } from '@gatehouse/protocol/rest'
import type { RecordPage } from './close-record-repository.js'
import type { ListRequest } from './list-request.js'

/** Why opening requests were refused: the newest in memory and the rest in PostgreSQL, read as one. */
export abstract class RefusalRepository {
  /**
   * Filter fields `id reason status ip origin user since before`, sort `at`, newest first. Total and the facet
   * `reason` are counted for the first page. Works while PostgreSQL is down.
   */
  abstract list(request: ListRequest): Promise<RecordPage<Refusal>>
  /** @throws StoreUnavailable if the refusal is not in memory and PostgreSQL does not answer */
  abstract find(id: string): Promise<Refusal | undefined>
}
