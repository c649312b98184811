import type { Operation } from '@gatehouse/protocol/rest'
import type { StoredPlan } from '../../store/repositories/plan-repository.js'
import { OperationFault } from '../operation-fault.js'

/**
 * A plan is run only while it still matches about as many connections as were shown.
 *
 * @param now how many connections its target matches now
 * @throws OperationFault plan_changed
 */
export function requireUnchanged({ plan, ids }: StoredPlan, now: number): void {
  const then = plan.kind === 'drain' ? plan.blast.connections : ids.length
  if (Math.abs(now - then) <= then / 10) return
  throw new OperationFault(
    'plan_changed',
    `The plan was made for ${then} connections and would now close ${now}, more than a tenth apart: make a new one.`,
  )
}

/**
 * A drain needs the node for itself.
 *
 * @param rival the drain that is running or holds the node
 * @throws OperationFault operation_running
 */
export function requireNoRival(rival: Operation | undefined): void {
  if (rival === undefined) return
  const cure = rival.holds ? 'return the node to service first' : 'wait for it, cancel it, or force this one'
  throw new OperationFault('operation_running', `Operation ${rival.id} drains or holds this node: ${cure}.`)
}

/**
 * Clients of a drained node need another that takes them.
 *
 * @throws OperationFault last_ready_node
 */
export function requireAnotherNode(nodes: { readonly ready: number; readonly of: number }, isReady: boolean): void {
  if (nodes.of <= 1 || nodes.ready > 1 || !isReady) return
  throw new OperationFault(
    'last_ready_node',
    `This is the last ready node of ${nodes.of}: make another ready, or force it.`,
  )
}
