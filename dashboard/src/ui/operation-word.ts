import type { Operation } from '@gatehouse/protocol/rest'
import type { IconName, StateName } from './icons.js'

/** What a reader is told of an operation's state: colour, icon and word. */
export interface OperationWord {
  readonly state: StateName
  readonly icon: IconName
  readonly word: string
}

/** State, icon and word of an operation. */
export function operationState(operation: Pick<Operation, 'kind' | 'state' | 'holds'>): OperationWord {
  const isDrain = operation.kind === 'drain'
  const running: StateName = isDrain ? 'draining' : 'imposed'
  const icon: IconName = isDrain ? 'draining' : 'kick'
  switch (operation.state) {
    case 'prepare':
      return { state: running, icon, word: 'preparing' }
    case 'notify':
      return { state: running, icon, word: 'notifying' }
    case 'run':
      return { state: running, icon, word: isDrain ? 'draining' : 'disconnecting' }
    case 'pause':
      return { state: 'degraded', icon: 'pause', word: 'paused' }
    case 'finish':
      return { state: running, icon, word: 'finishing' }
    case 'done':
      return operation.holds ? { state: 'draining', icon: 'draining', word: 'drained, holding' } : { state: 'ready', icon: 'ready', word: 'done' }
    case 'cancelled':
      return { state: 'unknown', icon: 'x', word: 'cancelled' }
    case 'failed':
      return { state: 'down', icon: 'down', word: 'failed' }
  }
}

/** The share of its connections that an operation is through with, 0 to 1. */
export function shareDone(operation: Pick<Operation, 'progress'>): number {
  const { initial, late, buckets } = operation.progress
  const all = initial + late
  return all === 0 ? 1 : Math.max(0, Math.min(1, 1 - buckets.remaining / all))
}
