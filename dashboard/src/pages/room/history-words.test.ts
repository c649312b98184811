import { describe, expect, it } from 'vitest'
import { roomDetail } from '../../../test/room-detail.ts'
import { historyBars, historySentence } from './history-words.js'

const now = Date.UTC(2026, 10, 23, 14, 28, 2)
const limits = { count: 200, bytes: 1_048_576, ageMs: 600_000 }
const keeping = (held: { messages: number; bytes?: number; ageMs?: number }, offset = 900) =>
  roomDetail({
    kind: 'recoverable',
    offset,
    history: {
      ...limits,
      heldMessages: held.messages,
      heldBytes: held.bytes ?? held.messages * 100,
      oldestAt: held.messages === 0 ? null : now - (held.ageMs ?? 43_000),
    },
  })

describe('the history of a room', () => {
  it('is measured against each of its limits', () => {
    expect(historyBars(keeping({ messages: 150, bytes: 524_288, ageMs: 60_000 }), now)).toEqual([
      { label: 'messages', held: '150', limit: '200', share: 0.75 },
      { label: 'bytes', held: '512.0 KiB', limit: '1.0 MiB', share: 0.5 },
      { label: 'age', held: '1m 00s', limit: '10m 00s', share: 0.1 },
    ])
  })

  it('never fills a bar beyond its end, whatever the clocks say', () => {
    const shares = historyBars(keeping({ messages: 1, ageMs: 700_000 }), now).map((bar) => bar.share)
    expect(shares[2]).toBe(1)
    expect(historyBars(keeping({ messages: 1, ageMs: -700_000 }), now)[2]?.share).toBe(0)
  })

  it('says how far back it reaches and which limit decides that', () => {
    expect(historySentence(keeping({ messages: 200 }), now)).toBe(
      'Reaches back 43 s, to offset 701. Full by count: each message replaces the oldest.',
    )
    expect(historySentence(keeping({ messages: 12, bytes: 1_040_000 }), now)).toContain('Full by bytes')
    expect(historySentence(keeping({ messages: 12, ageMs: 599_000 }), now)).toContain(
      'Messages are removed when they are 10m 00s old',
    )
    expect(historySentence(keeping({ messages: 12 }), now)).toBe('Reaches back 43 s, to offset 889.')
  })

  it('warns that a resume brings less than is kept', () => {
    expect(historySentence(keeping({ messages: 12, bytes: 300_000 }), now)).toContain(
      'at most 300 messages and 256 KiB',
    )
  })

  it('says when all, nothing more, or nothing yet is kept', () => {
    expect(historySentence(keeping({ messages: 7 }, 7), now)).toBe('Every message of this epoch is still kept.')
    expect(historySentence(keeping({ messages: 0 }), now)).toContain('Nothing is left')
    expect(historySentence(keeping({ messages: 0 }, 0), now)).toBe('Nothing has been published in this epoch yet.')
  })

  it('has no bars where nothing is kept, or only the newest value', () => {
    const ephemeral = roomDetail({ kind: 'ephemeral', history: null })
    expect(historyBars(ephemeral, now)).toEqual([])
    expect(historySentence(ephemeral, now)).toMatch(/^Messages are numbered, but not kept/)
    const latest = roomDetail({
      kind: 'latest',
      offset: 40,
      history: { count: 1, bytes: 1024, ageMs: 86_400_000, heldMessages: 1, heldBytes: 120, oldestAt: now - 400 },
    })
    expect(historyBars(latest, now)).toEqual([])
    expect(historySentence(latest, now)).toBe(
      'Keeps only the newest value: 120 B, 0.4 s old. Whoever joins gets it at once.',
    )
  })
})
