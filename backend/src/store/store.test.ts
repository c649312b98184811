import { afterAll, beforeAll, expect, it } from 'vitest'
import { testStore, type TestStore } from './testing/test-store.js'

let test: TestStore
beforeAll(async () => {
  test = await testStore()
  await test.store.start()
})
afterAll(() => test.close())

it('starts on migrated tables and keeps its cluster id', async () => {
  const cluster = await test.store.nodes.clusterId()
  expect(cluster).toMatch(/^[0-9a-f-]{36}$/)
  expect(await test.store.nodes.clusterId()).toBe(cluster)
  expect(test.store.health.state().isUp).toBe(true)
  expect(test.store.banCache.ageMs()).toBeLessThan(10_000)
})
