import { describe, expect, it } from 'vitest'
import { recoveries } from '../../../test/room-detail.ts'
import { resumesOf } from './recovery-words.js'

describe('the resumes of a room', () => {
  it('are counted with the reasons that occurred, the most frequent first', () => {
    const { all, recovered, failures } = resumesOf(recoveries({ recovered: 95, expired: 1, trimmed: 4 }))
    expect([all, recovered]).toEqual([100, 95])
    expect(failures.map(({ name, count }) => [name, count])).toEqual([
      ['trimmed', 4],
      ['expired', 1],
    ])
  })

  it('say of each reason what it means and what to change', () => {
    const [trimmed] = resumesOf(recoveries({ trimmed: 1 })).failures
    expect(trimmed?.says).toContain('Newer messages')
    expect(trimmed?.remedy).toContain('history.count')
  })

  it('are none when nobody came back', () => {
    expect(resumesOf(recoveries())).toMatchObject({ all: 0, recovered: 0, failures: [] })
  })
})
