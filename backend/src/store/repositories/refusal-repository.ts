import type { Refusal } from '@gatehouse/protocol/rest'
import type { RecordPage } from './close-record-repository.js'
import type { ListRequest } from './list-request.js'

/** Why opening requests were turned away: the newest in memory and the rest in PostgreSQL, read as one. */
export abstract class RefusalRepository {
  /**
   * Filter fields `id reason status ip origin user since before`, sort `at`, newest first. Total and the facet
   * `reason` stand on the first page. Answers while PostgreSQL is down.
   */
  abstract list(request: ListRequest): Promise<RecordPage<Refusal>>
  /** @throws StoreUnavailable when memory does not hold it and PostgreSQL does not answer */
  abstract find(id: string): Promise<Refusal | undefined>
}
