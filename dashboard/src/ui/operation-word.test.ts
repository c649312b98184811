import type { OperationState } from '@gatehouse/protocol/rest'
import { describe, expect, it } from 'vitest'
import { operationState, shareDone } from './operation-word.js'

const of = (kind: 'drain' | 'disconnect', state: OperationState, holds = false): string => {
  const shown = operationState({ kind, state, holds })
  return `${shown.state} ${shown.word}`
}

describe('how an operation is shown', () => {
  it('tells a drain from a disconnect while it runs', () => {
    expect([of('drain', 'prepare'), of('drain', 'run'), of('disconnect', 'run')]).toEqual([
      'draining preparing',
      'draining draining',
      'imposed disconnecting',
    ])
  })

  it('names each end, and says when a finished drain still holds the node', () => {
    expect([
      of('drain', 'done'),
      of('drain', 'done', true),
      of('disconnect', 'cancelled'),
      of('drain', 'failed'),
    ]).toEqual(['ready done', 'draining drained, holding', 'unknown cancelled', 'down failed'])
  })

  it('counts what is done against all that it began with or met later', () => {
    const progress = (initial: number, late: number, remaining: number) =>
      ({ progress: { initial, late, buckets: { remaining } } }) as never
    expect([shareDone(progress(90, 10, 25)), shareDone(progress(0, 0, 0)), shareDone(progress(10, 0, 12))]).toEqual([
      0.75, 1, 0,
    ])
  })
})
