import { describe, expect, it } from 'vitest'
import { Action } from './action.svelte.js'
import { ApiError } from './api.js'

describe('an action', () => {
  it('is busy until it is done, and hands on the answer', async () => {
    const action = new Action()
    const running = action.run(async () => 1)
    expect(action.isBusy).toBe(true)
    expect(await running).toBe(1)
    expect([action.isBusy, action.failure]).toEqual([false, null])
  })

  it('says why it was not done, until it is tried again', async () => {
    const action = new Action()
    const refuse = (): Promise<number> => Promise.reject(new ApiError(403, 'forbidden', 'Your role may not do this.'))
    expect(await action.run(refuse)).toBeUndefined()
    expect([action.isBusy, action.failure]).toEqual([false, 'Your role may not do this.'])
    const again = action.run(async () => 2)
    expect(action.failure).toBeNull()
    expect(await again).toBe(2)
  })
})
