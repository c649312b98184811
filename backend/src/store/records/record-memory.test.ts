import { expect, it } from 'vitest'
import { RecordMemory, type Remembered } from './record-memory.js'

const entry = (id: string): Remembered => ({ id, state: 'waiting' })

it('keeps the newest in any state, and older ones while they wait', () => {
  const memory = new RecordMemory(3)
  const entries = ['a', 'b', 'c', 'd', 'e'].map(entry)
  for (const one of entries) memory.add(one)
  expect(memory.snapshot().map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e'])
  for (const one of entries) memory.settle(one, 'written')
  expect(memory.snapshot().map(({ id }) => id)).toEqual(['c', 'd', 'e'])
  memory.add(entry('f'))
  expect(memory.snapshot().map(({ id }) => id)).toEqual(['d', 'e', 'f'])
  expect(memory.find('c')).toBeUndefined()
  expect(memory.find('d')).toBe(entries[3])
})
