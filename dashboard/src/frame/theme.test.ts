import { beforeEach, describe, expect, it } from 'vitest'
import { Theme } from './theme.svelte.js'

describe('the theme', () => {
  beforeEach(() => {
    localStorage.clear()
    delete document.documentElement.dataset.theme
  })

  it('follows the system until one is chosen', () => {
    expect(new Theme().choice).toBe('system')
    expect(document.documentElement.dataset.theme).toBeUndefined()
  })

  it('is put on the document and kept for the next visit', () => {
    new Theme().choose('light')
    expect(document.documentElement.dataset.theme).toBe('light')
    expect(localStorage.getItem('gatehouse.theme')).toBe('light')
  })

  it('cycles through the choices and stores nothing for "system"', () => {
    const theme = new Theme()
    theme.cycle()
    theme.cycle()
    expect(theme.choice).toBe('light')
    theme.cycle()
    expect([theme.choice, localStorage.getItem('gatehouse.theme'), document.documentElement.dataset.theme]).toEqual([
      'system',
      null,
      undefined,
    ])
  })
})
