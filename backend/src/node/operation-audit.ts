import type { Operation } from '@gatehouse/protocol/rest'
import type { OperationChange, OperationEngine } from '../operations/run/operation-engine.js'
import type { AuditLog } from '../store/repositories/audit-log.js'

/** What happens to an operation without a request, as the audit log names it. */
type AutomaticAction = 'operation.started' | 'operation.completed' | 'operation.failed' | 'operation.cancelled'

/**
 * Adds audit rows for what operations do by themselves: the drain that a stop signal begins, and how each operation
 * ends. What an operator orders is written where the order arrives.
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
      // An operator's own cancel gives no cause; one that another operation forces does.
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
