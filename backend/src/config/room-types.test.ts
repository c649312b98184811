import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roomTypeOf } from '../realtime/room-type.js'
import { readRoomTypes } from './room-types.js'
import { StartRefusal } from './start-refusal.js'

describe('readRoomTypes', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-types-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  const write = (content: unknown): string => {
    const file = join(folder, 'rooms.json')
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }
  const problemsOf = (content: unknown): readonly string[] => {
    try {
      readRoomTypes(write(content))
    } catch (error) {
      if (error instanceof StartRefusal) return error.problems
      throw error
    }
    return []
  }

  it('knows only the built-in type without a file', () => {
    expect(readRoomTypes(undefined)).toEqual([expect.objectContaining({ pattern: '**', kind: 'ephemeral' })])
  })

  it('keeps the order of the file, fills defaults, and adds no built-in type', () => {
    const types = readRoomTypes(
      write({
        roomTypes: [
          { pattern: 'chat:vip', kind: 'recoverable', history: { count: 50 }, memberLimit: 10, from: false },
          { pattern: 'chat:*', kind: 'latest', slowPolicy: 'conflate' },
        ],
      }),
    )
    expect(types).toEqual([
      {
        pattern: 'chat:vip',
        kind: 'recoverable',
        history: { count: 50, bytes: 1_048_576, ageMs: 600_000 },
        presence: true,
        memberLimit: 10,
        publishRate: null,
        slowPolicy: 'disconnect',
        from: false,
      },
      expect.objectContaining({
        pattern: 'chat:*',
        history: { count: 1, bytes: 1_048_576, ageMs: 86_400_000 },
        slowPolicy: 'conflate',
      }),
    ])
    expect(roomTypeOf(types, 'chat:vip')?.kind).toBe('recoverable')
    expect(roomTypeOf(types, 'news')).toBeUndefined()
  })

  it.each<[string, unknown, RegExp]>([
    ['a kind that does not exist', [{ pattern: 'a', kind: 'sticky' }], /roomTypes\[0\]\.kind: .*ephemeral/],
    ['a misspelt option', [{ pattern: 'a', kind: 'latest', presense: true }], /roomTypes\[0\]: .*presense/],
    ['a pattern that is none', [{ pattern: 'a b', kind: 'latest' }], /roomTypes\[0\]\.pattern: must be a room pattern/],
    ['a reserved pattern', [{ pattern: 'sys:*', kind: 'latest' }], /roomTypes\[0\]\.pattern: .*reserved/],
    [
      'history where none is kept',
      [{ pattern: 'a', kind: 'ephemeral', history: {} }],
      /roomTypes\[0\]\.history: is only/,
    ],
    [
      'a latest room that would keep two values',
      [{ pattern: 'a', kind: 'latest', history: { count: 2 } }],
      /roomTypes\[0\]\.history\.count: must be 1/,
    ],
    ['a member limit of 0', [{ pattern: 'a', kind: 'latest', memberLimit: 0 }], /roomTypes\[0\]\.memberLimit/],
    [
      'a type that is never reached',
      [
        { pattern: '**', kind: 'ephemeral' },
        { pattern: 'a', kind: 'latest' },
      ],
      /roomTypes\[1\]\.pattern: is never reached/,
    ],
    ['an empty list', [], /roomTypes: must name at least one/],
  ])('refuses %s and names the place', (_, roomTypes, expected) => {
    const problems = problemsOf({ roomTypes })
    expect(problems).toEqual([expect.stringMatching(expected)])
    expect(problems[0]).toMatch(/^GATEHOUSE_CONFIG .*rooms\.json/)
  })

  it('refuses text that is no JSON, and a file that is not there', () => {
    expect(problemsOf('{')).toEqual([expect.stringContaining('is not JSON')])
    expect(() => readRoomTypes(join(folder, 'absent.json'))).toThrow(/cannot be read \(ENOENT\)/)
  })
})
