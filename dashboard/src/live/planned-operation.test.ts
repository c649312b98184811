import type { OperationRequest } from '@gatehouse/protocol/rest'
import { describe, expect, it } from 'vitest'
import { Api } from './api.js'
import { PlannedOperation } from './planned-operation.svelte.js'

/** An API that plans for as many connections as the next entry says. */
function operationFor(affected: number[], reason = 'reads too slowly') {
  const bodies: OperationRequest[] = []
  const api = new Api(async (_, init) => {
    const body = JSON.parse(init?.body as string) as OperationRequest
    bodies.push(body)
    const value = body.dryRun
      ? { planId: `pl_${bodies.length}`, blast: { connections: affected.shift() } }
      : { id: 'op_1' }
    return new Response(JSON.stringify(value))
  })
  const operation = new PlannedOperation(api, () => ({ kind: 'disconnect', target: { filter: 'state:slow' } }))
  operation.reason = reason
  return { operation, bodies }
}

describe('a planned operation', () => {
  it('runs the plan with the reason if it still matches what was read', async () => {
    const { operation, bodies } = operationFor([100, 104])
    await operation.preview()
    expect(operation.plan?.blast.connections).toBe(100)
    expect(await operation.start()).toEqual({ id: 'op_1' })
    expect(bodies.at(-2)).toMatchObject({ reason: 'reads too slowly', dryRun: true })
    expect(bodies.at(-1)).toEqual({ planId: 'pl_2' })
  })

  it('does not run when more than a tenth came or went since it was read', async () => {
    const { operation, bodies } = operationFor([100, 111])
    await operation.preview()
    expect(await operation.start()).toBeUndefined()
    expect(operation.action.failure).toMatch(/111 connections, not 100/)
    expect(bodies.every((body) => body.dryRun)).toBe(true)
    expect(operation.plan?.blast.connections).toBe(111)
  })

  it('previews without a reason, and says so in the plan', async () => {
    const { operation, bodies } = operationFor([3], '')
    await operation.preview()
    expect(bodies[0]?.reason).toMatch(/Preview only/)
  })
})
