import { describe, expect, it } from 'vitest'
import { capital, visible, visibleRuns } from './text.js'

describe('text chosen by clients', () => {
  it('stays as it is when every character shows', () => {
    expect(visibleRuns('grüße, 世界 🙂')).toEqual([{ text: 'grüße, 世界 🙂', hidden: false }])
    expect(visible('')).toBe('')
  })

  it('names a bidirectional override instead of obeying it', () => {
    expect(visibleRuns('ann\u202Enimda')).toEqual([
      { text: 'ann', hidden: false },
      { text: 'U+202E', hidden: true },
      { text: 'nimda', hidden: false },
    ])
  })

  it('names line breaks, escapes, zero-width characters and tags', () => {
    expect(visible('a\nb\u001b[2Jc\u200bd\u{e0041}')).toBe('a⟨U+000A⟩b⟨U+001B⟩[2Jc⟨U+200B⟩d⟨U+E0041⟩')
  })
})

describe('capital', () => {
  it('begins a sentence', () => {
    expect(capital('draining since')).toBe('Draining since')
  })
})
