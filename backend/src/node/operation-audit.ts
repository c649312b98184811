import type { Operation } from '@gatehouse/protocol/rest'
import type { OperationChange, OperationEngine } from '../operations/run/operation-engine.js'
import type { AuditLog } from '../store/repositories/audit-log.js'

/** The audit log's names for what happens to an operation without a request. */
type AutomaticAction = 'operation.started' | 'operation.completed' | 'operation.failed' | 'operation.cancelled'

/**
 * Adds audit rows for what happens without a request: a stop signal starts a drain, and operations end. What an
 * operator orders is written by the route that takes the order.
 */
export function auditOperations(engine: Pick<OperationEngine, 'onChange'>, audit: AuditLog): void {
  engine.onChange((change) => {
    const action = actionOf(change)
    if (action === null) return
    const { operation } = change
    void audit.append({
      actor: 'system',
      actorKind: 'system',
      action,
      target: operation.id,
      outcome: action === 'operation.failed' ? 'failed' : 'ok',
      address: null,
      requestId: null,
      detail: detailOf(operation, change.entered?.by ?? null),
    })
  })
}

function actionOf({ operation, entered, isShutdown }: OperationChange): AutomaticAction | null {
  switch (entered?.state) {
    case 'prepare':
      return isShutdown ? 'operation.started' : null
    case 'done':
      return 'operation.completed'
    case 'failed':
      return 'operation.failed'
    case 'cancelled':
      // A cancellation by an operator has no failure; one forced by another operation has.
      return operation.failure === null ? null : 'operation.cancelled'
    default:
      return null
  }
}

function detailOf(operation: Operation, by: string | null): Record<string, unknown> {
  const { kind, reason, failure, progress } = operation
  return {
    kind,
    reason,
    orderedBy: operation.by,
    ...(by === null ? {} : { by }),
    ...(failure === null ? {} : { failure }),
    connections: progress.initial + progress.late,
    ...progress.buckets,
  }
}
