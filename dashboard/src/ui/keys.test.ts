import { describe, expect, it, vi } from 'vitest'
import { Keys } from './keys.svelte.js'

const press = (
  keys: Keys,
  key: string,
  now = 0,
  init: KeyboardEventInit = {},
  target: HTMLElement = document.body,
): boolean => {
  const event = new KeyboardEvent('keydown', { key, cancelable: true, ...init })
  Object.defineProperty(event, 'target', { value: target })
  return keys.press(event, now)
}

describe('shortcuts', () => {
  it('run on their key and tell the browser that it is taken', () => {
    const run = vi.fn()
    const keys = new Keys()
    keys.add([{ keys: 'x', label: 'select', run }])
    expect(press(keys, 'x')).toBe(true)
    expect(press(keys, 'y')).toBe(false)
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('tell Shift x from x', () => {
    const one = vi.fn()
    const range = vi.fn()
    const keys = new Keys()
    keys.add([
      { keys: 'x', label: 'select', run: one },
      { keys: 'Shift x', label: 'range', run: range },
    ])
    press(keys, 'X', 0, { shiftKey: true })
    expect([one.mock.calls.length, range.mock.calls.length]).toEqual([0, 1])
  })

  it('wait for the second key of a sequence, but not for ever', () => {
    const connections = vi.fn()
    const keys = new Keys()
    keys.add([{ keys: 'g c', label: 'connections', run: connections }])
    press(keys, 'g', 0)
    press(keys, 'c', 500)
    expect(connections).toHaveBeenCalledTimes(1)
    press(keys, 'g', 1000)
    press(keys, 'c', 2000)
    expect(connections).toHaveBeenCalledTimes(1)
  })

  it('do nothing while somebody types, while turned off, or with a modifier of the browser, except Escape', () => {
    const run = vi.fn()
    const keys = new Keys()
    keys.add([{ keys: 'x', label: 'select', run }])
    press(keys, 'x', 0, {}, document.createElement('input'))
    press(keys, 'x', 0, { ctrlKey: true })
    keys.isOn = false
    press(keys, 'x')
    expect(run).not.toHaveBeenCalled()

    const back = vi.fn()
    keys.add([{ keys: 'Escape', label: 'back', run: back }])
    press(keys, 'Escape', 0, {}, document.createElement('input'))
    expect(back).toHaveBeenCalledTimes(1)
  })

  it('belong to the layer added last, until it is removed', () => {
    const frame = vi.fn()
    const page = vi.fn()
    const keys = new Keys()
    keys.add([{ keys: 'd', label: 'frame', run: frame }])
    const leave = keys.add([{ keys: 'd', label: 'disconnect', run: page }])
    press(keys, 'd')
    leave()
    press(keys, 'd')
    expect([frame.mock.calls.length, page.mock.calls.length]).toEqual([1, 1])
  })
})
