import type { CloseRecord, CloseRecordDetail, Page } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'

/** A page of records; `partial` if PostgreSQL did not answer and only this node's newest records were searched. */
export interface RecordPage<T> extends Page<T> {
  readonly partial: boolean
}

/** Why connections ended: the newest in memory and the rest in PostgreSQL, read as one. */
export abstract class CloseRecordRepository {
  /**
   * Filter fields `id user reason initiator code client ip room since before operation actor`, sort `closedAt
   * durationMs pendingBytes`, newest first. Total and facets (`reason`, `initiator`) are counted for the first page;
   * the cursor carries the total on. Works while PostgreSQL is down.
   */
  abstract list(request: ListRequest): Promise<RecordPage<CloseRecord>>
  /** @throws StoreUnavailable if the record is not in memory and PostgreSQL does not answer */
  abstract find(id: string): Promise<CloseRecordDetail | undefined>
}
