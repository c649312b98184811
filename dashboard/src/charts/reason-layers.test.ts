import { describe, expect, it } from 'vitest'
import { initiatorOf, reasonLayers } from './reason-layers.js'

describe('close reasons as layers', () => {
  it('lie in the order of their initiator, the drain on top and hatched', () => {
    const layers = reasonLayers(
      new Map([
        ['drain', [9]],
        ['client_close', [5]],
        ['kicked', [1]],
        ['abnormal_eof', [2]],
        ['slow_consumer_bytes', [3]],
      ]),
    )
    expect(layers.map((layer) => layer.id)).toEqual([
      'client_close',
      'abnormal_eof',
      'slow_consumer_bytes',
      'kicked',
      'drain',
    ])
    expect(layers.map((layer) => layer.colour)).toEqual([
      'f-client-1',
      'f-network-1',
      'f-policy-1',
      'f-operator-1',
      'f-drain',
    ])
    expect(layers.map((layer) => layer.isHatched)).toEqual([false, false, false, true, true])
  })

  it('take steps of one hue inside one initiator, the most frequent first', () => {
    const layers = reasonLayers(
      new Map([
        ['client_going_away', [9]],
        ['client_close', [20]],
      ]),
    )
    expect(layers.map((layer) => [layer.id, layer.colour])).toEqual([
      ['client_close', 'f-client-1'],
      ['client_going_away', 'f-client-2'],
    ])
  })

  it('gather the rarest under "other" without losing a count, and keep gaps', () => {
    const names = ['client_close', 'client_going_away', 'kicked', 'drain']
    const layers = reasonLayers(new Map(names.map((name, index) => [name, [10 - index, null]])), 3)
    expect(layers.map((layer) => layer.id)).toEqual(['other', 'client_close', 'client_going_away'])
    expect(layers[0]?.values).toEqual([15, null])
  })

  it('take a reason of a newer node as unknown', () => {
    expect(initiatorOf('not_invented_yet')).toBe('unknown')
    expect(reasonLayers(new Map([['not_invented_yet', [1]]]))[0]?.colour).toBe('f-rest')
  })
})
