import { describe, expect, it } from 'vitest'
import { marksOf, type Arrival, type CpuTaken } from './marks.ts'

const taken = (facts: Partial<CpuTaken> = {}): CpuTaken => ({
  seconds: 2,
  serverCpuMs: 1000,
  loadCpuMs: 1000,
  otherCpuMs: 100,
  ...facts,
})
const arrival = (done: number): Arrival => ({ done, offered: 1100, membersEach: 100 })

describe('the marks of a measurement', () => {
  it.each<[string, Partial<CpuTaken>, string[]]>([
    ['nothing, when the server had time left and the machine was quiet', {}, []],
    ['a server that used 95 % of a core', { serverCpuMs: 1900 }, ['saturated']],
    ['not a server that used less', { serverCpuMs: 1899 }, []],
    ['a machine that did other work for more than 15 % of a core', { otherCpuMs: 301 }, ['disturbed']],
    ['not one that did less', { otherCpuMs: 300 }, []],
    ['a load process that used more than 95 % of a core', { loadCpuMs: 1901 }, ['disturbed']],
    ['not one that used less', { loadCpuMs: 1900 }, []],
    ['both', { serverCpuMs: 2000, loadCpuMs: 2000 }, ['saturated', 'disturbed']],
  ])('name %s', (_, facts, marks) => {
    expect(marksOf(taken(facts))).toEqual(marks)
  })

  it('call a server saturated when less than 97 % of the deliveries arrived, the last message aside', () => {
    expect(marksOf(taken(), arrival(970))).toEqual([])
    expect(marksOf(taken(), arrival(969))).toEqual(['saturated'])
  })
})
