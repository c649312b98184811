import type { Operation, OperationDetail, OperationRequest, Plan } from '@gatehouse/protocol/rest'
import type { Rest } from './rest.ts'
import { until } from './until.ts'

/** Makes a plan and runs exactly that plan. */
export async function planAndRun(rest: Rest, request: OperationRequest): Promise<{ plan: Plan; operation: Operation }> {
  const plan = await rest.post<Plan>('/v1/operations', { reason: 'a test', ...request, dryRun: true })
  return { plan, operation: await rest.post<Operation>('/v1/operations', { planId: plan.planId }) }
}

export function whenOver(rest: Rest, id: string, withinMs: number): Promise<OperationDetail> {
  return until(
    `operation ${id} is over`,
    async () => {
      const operation = await rest.get<OperationDetail>(`/v1/operations/${id}`)
      return ['done', 'cancelled', 'failed'].includes(operation.state) ? operation : undefined
    },
    { withinMs },
  )
}

/** Ends the hold of a drain that is done. */
export function returnToService(rest: Rest): Promise<unknown> {
  return rest.post('/v1/node/return-to-service')
}
