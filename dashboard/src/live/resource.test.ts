import { describe, expect, it } from 'vitest'
import { ApiError } from './api.js'
import { Resource } from './resource.svelte.js'

describe('a resource', () => {
  it('holds the answer and when it came', async () => {
    const resource = new Resource<number>(() => 77)
    await resource.load(async () => 1)
    expect([resource.value, resource.asOf, resource.failure, resource.isLoading]).toEqual([1, 77, null, false])
  })

  it('keeps the older value when asking again fails, beside the reason', async () => {
    const resource = new Resource<number>()
    await resource.load(async () => 1)
    await resource.load(async () => Promise.reject(new ApiError(503, 'unavailable', 'The store is down.', 'req_1')))
    expect(resource.value).toBe(1)
    expect(resource.failure).toMatchObject({ status: 503, requestId: 'req_1' })
  })

  it('drops an answer to an earlier question that comes late', async () => {
    const resource = new Resource<string>()
    const answers: ((value: string) => void)[] = []
    const ask = (): Promise<string> => new Promise((resolve) => answers.push(resolve))
    const first = resource.load(ask)
    const second = resource.load(ask)
    answers[1]?.('new')
    answers[0]?.('old')
    await Promise.all([first, second])
    expect(resource.value).toBe('new')
  })

  it('takes a newer value from elsewhere and clears the failure', async () => {
    const resource = new Resource<number>(() => 78)
    await resource.load(async () => Promise.reject(new ApiError(503, 'unavailable', 'The store is down.', 'req_1')))
    resource.take(2)
    expect([resource.value, resource.asOf, resource.failure]).toEqual([2, 78, null])
  })

  it('asks the same question again on retry', async () => {
    const resource = new Resource<number>()
    let calls = 0
    await resource.load(async () => ++calls)
    resource.retry()
    await Promise.resolve()
    await Promise.resolve()
    expect(calls).toBe(2)
  })
})
