import type { OperationRequest, Plan } from '@gatehouse/protocol/rest'
import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import DrainInRoom from '../../../test/DrainInRoom.svelte'
import { Api } from '../../live/api.js'
import type { ControlRoom } from '../../live/control-room.js'
import { Router } from '../../router.svelte.js'

const plan: Plan = {
  planId: 'pl_1',
  kind: 'drain',
  target: {},
  node: 'node-1',
  parameters: {},
  reason: '',
  blast: { connections: 12, users: 10, usersLeftWithNone: 9, roomsEmptied: 0, messagesPerSecond: 1 },
  estimate: { rate: 1, totalMs: 12_000, pacedMs: 12_000 },
  warnings: [],
  sample: [],
  confirm: null,
  createdAt: 0,
  expiresAt: 0,
}

describe('the dialog of a plan', () => {
  let bodies: OperationRequest[]
  let connections: number
  let dialog: ReturnType<typeof mount>
  const settled = async (): Promise<void> => {
    await new Promise((done) => setTimeout(done))
    flushSync()
  }
  const confirm = (): HTMLButtonElement =>
    document.querySelector<HTMLButtonElement>('button[type=submit]') as HTMLButtonElement
  const type = (reason: string): void => {
    const input = document.querySelector<HTMLInputElement>('input[required]') as HTMLInputElement
    input.value = reason
    input.dispatchEvent(new Event('input', { bubbles: true }))
    flushSync()
  }

  beforeEach(async () => {
    bodies = []
    connections = 12
    const api = new Api(async (_, init) => {
      const body = JSON.parse(init?.body as string) as OperationRequest
      bodies.push(body)
      const blast = { ...plan.blast, connections }
      return new Response(JSON.stringify(body.dryRun ? { ...plan, blast } : { id: 'op_1' }))
    })
    const room = { api, router: new Router() } as unknown as ControlRoom
    dialog = mount(DrainInRoom, { target: document.body, props: { room } })
    await settled()
  })
  afterEach(async () => {
    await unmount(dialog)
    history.replaceState(null, '', '/')
  })

  it('shows on opening whom it would affect, and waits for a reason', () => {
    expect(bodies).toMatchObject([{ kind: 'drain', dryRun: true }])
    expect(document.body.textContent).toContain('Drain node-1 of 12 connections?')
    expect(confirm().disabled).toBe(true)
    type('kernel update')
    expect(confirm().disabled).toBe(false)
  })

  it('starts with the reason and goes to the page of the operation', async () => {
    type('kernel update')
    confirm().click()
    await settled()
    expect(bodies.slice(1)).toMatchObject([{ reason: 'kernel update', dryRun: true }, { planId: 'pl_1' }])
    expect(location.pathname).toBe('/operations/op_1')
  })

  it('stays and says why when the plan must be read again', async () => {
    type('kernel update')
    connections = 40
    confirm().click()
    await settled()
    expect(document.querySelector('[role=alert]')?.textContent).toContain('40 connections, not 12')
    expect(location.pathname).toBe('/')
  })
})
