import type { Operation, OperationState } from '@gatehouse/protocol/rest'
import type { IconName, StateName } from './icons.js'

/** How an operation's state is shown: colour, icon and word. */
export interface OperationWord {
  readonly state: StateName
  readonly icon: IconName
  readonly word: string
}

/** States in which nothing is being closed. */
const ENDED: Partial<Record<OperationState, OperationWord>> = {
  pause: { state: 'degraded', icon: 'pause', word: 'paused' },
  done: { state: 'ready', icon: 'ready', word: 'done' },
  cancelled: { state: 'unknown', icon: 'x', word: 'cancelled' },
  failed: { state: 'down', icon: 'down', word: 'failed' },
}
const RUNNING: Partial<Record<OperationState, string>> = {
  prepare: 'preparing',
  notify: 'notifying',
  finish: 'finishing',
}

/** State, icon and word of an operation. */
export function operationState(operation: Pick<Operation, 'kind' | 'state' | 'holds'>): OperationWord {
  const isDrain = operation.kind === 'drain'
  if (operation.holds) return { state: 'draining', icon: 'draining', word: 'drained, holding' }
  const word = RUNNING[operation.state] ?? (isDrain ? 'draining' : 'disconnecting')
  return (
    ENDED[operation.state] ?? { state: isDrain ? 'draining' : 'imposed', icon: isDrain ? 'draining' : 'kick', word }
  )
}

/** The share of its connections that an operation has handled, 0 to 1. */
export function shareDone(operation: Pick<Operation, 'progress'>): number {
  const { initial, late, buckets } = operation.progress
  const all = initial + late
  return all === 0 ? 1 : Math.max(0, Math.min(1, 1 - buckets.remaining / all))
}
