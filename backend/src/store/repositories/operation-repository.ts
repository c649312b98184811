import type { Mark, Operation, OperationDetail, Page } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'
import type { StoredPlan } from './plan-repository.js'

/** An operation as it is stored. `epoch` fences: whoever claims the row raises it, and older owners' writes fall away. */
export interface OperationRow {
  readonly operation: OperationDetail
  readonly plan: StoredPlan
  /** Where the run stands, in the engine's own words; plain JSON. */
  readonly cursor: unknown
  readonly epoch: number
}

/** Bulk actions, running and past. */
export abstract class OperationRepository {
  /** Writes a new row at epoch 1. Doing it again changes nothing, so it may be retried. */
  abstract create(row: Omit<OperationRow, 'epoch'>): Promise<void>
  /** Takes the row over: raises its epoch and answers it, or undefined when there is none. */
  abstract claim(id: string): Promise<OperationRow | undefined>
  /** Writes state and progress. False: the epoch is no longer the row's, somebody else owns it; stop writing. */
  abstract save(id: string, epoch: number, change: { operation: OperationDetail; cursor: unknown }): Promise<boolean>
  abstract find(id: string): Promise<OperationRow | undefined>
  /** Rows of this node that have not ended, or that ended and hold it out of service; oldest first. */
  abstract unfinished(node: string): Promise<readonly OperationRow[]>
  /** Filter fields `kind state by`, sort `createdAt`, newest first. */
  abstract list(request: ListRequest): Promise<Page<Operation>>
  /** Marks for charts: operations that began or ended between the two times (milliseconds since 1970), at most 100. */
  abstract marks(from: number, to: number): Promise<readonly Mark[]>
}
