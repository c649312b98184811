import { expect, it } from 'vitest'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { LookupGate } from './lookup-gate.js'

it('runs a few look-ups at a time, in order, and refuses more than may wait', async () => {
  const gate = new LookupGate(2, 3)
  const begun: number[] = []
  const ends: PromiseWithResolvers<number>[] = []
  const lookUp = (at: number) =>
    gate.run(() => {
      begun.push(at)
      ends[at] = Promise.withResolvers()
      return ends[at].promise
    })
  const asked = [0, 1, 2, 3, 4].map(lookUp)
  await expect(lookUp(5)).rejects.toThrow(StoreUnavailable)
  expect(begun).toEqual([0, 1])
  ends[1]?.reject(new Error('lost'))
  await expect(asked[1]).rejects.toThrow('lost')
  expect(begun).toEqual([0, 1, 2])
  for (const at of [0, 2, 3, 4]) {
    ends[at]?.resolve(at)
    expect(await asked[at]).toBe(at)
  }
  expect(begun).toEqual([0, 1, 2, 3, 4])
  const again = [6, 7, 8].map(lookUp)
  expect(begun).toEqual([0, 1, 2, 3, 4, 6, 7])
  for (const at of [6, 7, 8]) {
    ends[at]?.resolve(at)
    await again[at - 6]
  }
})
