import type { OperationRequest, Verb } from '@gatehouse/protocol/rest'
import type { Caller } from '../access/caller.js'
import { badRequest, forbidden } from '../http/problem.js'

/** What a request to /v1/operations asks for: to make a plan or to run one. */
export type OperationOrder = { readonly kind: 'plan' } | { readonly kind: 'run'; readonly planId: string }

/** Reads the order; exactly one of `dryRun` and `planId` must be given, so only a plan that was shown can run. */
export function orderOf(request: OperationRequest): OperationOrder {
  const { planId, dryRun } = request
  if ((planId === undefined) === (dryRun === undefined)) {
    throw badRequest('Request a plan with dryRun: true, or run one with its planId.', [
      { path: 'planId', message: 'either this or dryRun' },
    ])
  }
  return planId === undefined ? { kind: 'plan' } : { kind: 'run', planId }
}

/** Refuses bulk actions to a caller that may not act on every connection: a plan cannot be limited to room patterns. */
export function demandBulk(caller: Caller, kind: string | undefined, verb: Verb): void {
  caller.demand(verb)
  if (kind === 'disconnect') caller.demand('connection.bulk')
  if (caller.rooms !== null)
    throw forbidden(`Bulk actions reach every room; ${caller.name} is limited to room patterns.`)
}
