import type { Mark, Operation, OperationDetail, Page } from '@gatehouse/protocol/rest'
import type { ListRequest } from './list-request.js'
import type { StoredPlan } from './plan-repository.js'

/** An operation as stored. `epoch` is a fencing token: each claim raises it; writes with an older one do nothing. */
export interface OperationRow {
  readonly operation: OperationDetail
  readonly plan: StoredPlan
  /** The progress of the run, in the engine's own format; plain JSON. */
  readonly cursor: unknown
  readonly epoch: number
}

/** Bulk actions, running and past. */
export abstract class OperationRepository {
  /** Writes a new row with epoch 1. A repetition changes nothing, so it may be retried. */
  abstract create(row: Omit<OperationRow, 'epoch'>): Promise<void>
  /** Takes the row over: raises its epoch and returns it; undefined if there is none. */
  abstract claim(id: string): Promise<OperationRow | undefined>
  /** Writes state and progress. False: the row has a newer epoch and another owner; stop writing. */
  abstract save(id: string, epoch: number, change: { operation: OperationDetail; cursor: unknown }): Promise<boolean>
  abstract find(id: string): Promise<OperationRow | undefined>
  /** Rows of this node that have not ended, or that have ended but keep it out of service; oldest first. */
  abstract unfinished(node: string): Promise<readonly OperationRow[]>
  /** Filter fields `kind state by`, sort `createdAt`, newest first. */
  abstract list(request: ListRequest): Promise<Page<Operation>>
  /** Marks for charts: operations that began or ended between the two times (milliseconds since 1970), at most 100. */
  abstract marks(from: number, to: number): Promise<readonly Mark[]>
}
