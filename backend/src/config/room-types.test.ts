import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roomTypeOf } from '../realtime/room-types/room-type.js'
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

  it('[R-5] has only the built-in type without a file', () => {
    expect(readRoomTypes(undefined)).toEqual([expect.objectContaining({ pattern: '**', kind: 'ephemeral' })])
  })

  it('[R-5] keeps the order of the file, fills defaults, and adds no built-in type', () => {
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
        presence: 'asked',
        own: false,
        memberLimit: 10,
        publishRate: null,
        slowPolicy: 'disconnect',
        from: false,
        payloadFault: null,
        receipts: false,
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

  it('[M-13] accepts patterns with one wildcard segment for users’ own rooms', () => {
    const patterns = ['inbox:*', '*', 'user:*:notes']
    const roomTypes = patterns.map((pattern) => ({ pattern, kind: 'recoverable', own: true }))
    expect(readRoomTypes(write({ roomTypes })).map(({ own }) => own)).toEqual([true, true, true])
  })

  it('reads presence as none, on request or pushed', () => {
    const types = [false, true, 'pushed'].map((presence, i) => ({ pattern: `r${i}`, kind: 'ephemeral', presence }))
    const read = readRoomTypes(write({ roomTypes: types }))
    expect(read.map(({ presence }) => presence)).toEqual(['none', 'asked', 'pushed'])
  })

  it.each<[string, unknown, RegExp]>([
    ['an invalid presence', [{ pattern: 'a', kind: 'latest', presence: 'shown' }], /roomTypes\[0\]\.presence/],
    ['a kind that does not exist', [{ pattern: 'a', kind: 'sticky' }], /roomTypes\[0\]\.kind: .*ephemeral/],
    ['a misspelt option', [{ pattern: 'a', kind: 'latest', presense: true }], /roomTypes\[0\]: .*presense/],
    ['an invalid pattern', [{ pattern: 'a b', kind: 'latest' }], /roomTypes\[0\]\.pattern: must be a room pattern/],
    ['a reserved pattern', [{ pattern: 'sys:*', kind: 'latest' }], /roomTypes\[0\]\.pattern: .*reserved/],
    [
      'history for a kind that keeps none',
      [{ pattern: 'a', kind: 'ephemeral', history: {} }],
      /roomTypes\[0\]\.history: is only/,
    ],
    [
      'a latest room that would keep two values',
      [{ pattern: 'a', kind: 'latest', history: { count: 2 } }],
      /roomTypes\[0\]\.history\.count: must be 1/,
    ],
    ...['inbox', 'inbox:**', '**', '*:*', 'inbox:*:**'].map((pattern): [string, unknown, RegExp] => [
      `users' own rooms by the pattern ${pattern}`,
      [{ pattern, kind: 'recoverable', own: true }],
      /roomTypes\[0\]\.own: needs a pattern in which one segment is "\*"/,
    ]),
    [
      'more own rooms than fit in a connect frame',
      Array.from({ length: 9 }, (_, i) => ({ pattern: `own${i}:*`, kind: 'recoverable', own: true })),
      /roomTypes: may have at most 8/,
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

  describe('with a payload schema', () => {
    const schema = {
      $id: 'https://example.com/line',
      type: 'object',
      properties: {
        user: { type: 'object', properties: { name: { type: 'string', maxLength: 8 } }, required: ['name'] },
        sent: { type: 'string', format: 'date-time' },
      },
      required: ['user'],
      additionalProperties: false,
    }
    const typesWith = (...schemas: readonly unknown[]) =>
      readRoomTypes(
        write({ roomTypes: schemas.map((given, at) => ({ pattern: `r${at}`, kind: 'ephemeral', schema: given })) }),
      )
    const faultOf = (given: unknown, payload: unknown) => typesWith(given)[0]?.payloadFault?.(payload)

    it.each<[string, unknown, { readonly path: string; readonly message: string } | undefined]>([
      ['a payload that fits', { user: { name: 'ann' } }, undefined],
      ['a number instead of a text', { user: { name: 7 } }, { path: '/user/name', message: 'must be string' }],
      ['an object with a missing member', {}, { path: '', message: "must have required property 'user'" }],
      ['something other than an object', 'x', { path: '', message: 'must be object' }],
      ['bytes', new Uint8Array(2), { path: '', message: 'must be JSON, not bytes' }],
      [
        'a text that does not match its format',
        { user: { name: 'a' }, sent: 'now' },
        { path: '/sent', message: 'must match format "date-time"' },
      ],
      [
        'an object with only an inherited member',
        { user: Object.assign(Object.create({ name: 'inherited' }), {}) },
        { path: '/user', message: "must have required property 'name'" },
      ],
    ])('[M-14] finds the first fault in %s, and never shows a value', (_, payload, fault) => {
      expect(faultOf(schema, payload)).toEqual(fault)
    })

    it('accepts two with the same $id, and does not change the payload', () => {
      const [first, second] = typesWith(schema, schema)
      const payload = Object.freeze({ user: Object.freeze({ name: 'ann' }) })
      expect([first?.payloadFault?.(payload), second?.payloadFault?.(payload)]).toEqual([undefined, undefined])
    })

    it('[M-14] cuts the path of a very long key to 255 characters', () => {
      const fault = faultOf({ type: 'object', additionalProperties: { type: 'string' } }, { ['k'.repeat(60_000)]: 1 })
      expect(fault).toEqual({ path: `/${'k'.repeat(254)}`, message: 'must be string' })
    })

    it('reads it from a file with a path relative to the configuration, once for all types that name it', () => {
      writeFileSync(join(folder, 'line.json'), JSON.stringify(schema))
      const [first, second] = typesWith('line.json', './line.json')
      expect(first?.payloadFault?.({ user: { name: 1 } })).toMatchObject({ path: '/user/name' })
      expect(second?.payloadFault).toBe(first?.payloadFault)
    })

    it.each<[string, unknown, RegExp]>([
      ['a keyword that does not exist', { type: 'object', propertys: {} }, /strict mode: unknown keyword: "propertys"/],
      ['a type that does not exist', { type: 'text' }, /schema is invalid/],
      ['an unknown format', { type: 'string', format: 'emial' }, /unknown format "emial"/],
      ['a reference to elsewhere', { $ref: 'https://example.com/x.json' }, /can't resolve reference/],
      ['an invalid regular expression', { type: 'string', pattern: '(' }, /Invalid regular expression/],
      ['an asynchronous schema', { $async: true, type: 'object' }, /asynchronous/],
      ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, /draft 2020-12.*draft-07/],
      ['a list', [], /roomTypes\[0\]\.schema: must be a JSON Schema or the path of its file/],
      ['a missing file', 'absent.json', /absent\.json cannot be read \(ENOENT\)/],
    ])('refuses %s in one line that names the place', (_, given, expected) => {
      const problems = problemsOf({ roomTypes: [{ pattern: 'a', kind: 'latest', schema: given }] })
      expect(problems).toEqual([expect.stringMatching(expected)])
      expect(problems[0]).toMatch(/^GATEHOUSE_CONFIG .*rooms\.json: roomTypes\[0\]\.schema/)
      expect(problems[0]).not.toContain('\n')
    })
  })

  it('refuses text that is not JSON, and a missing file', () => {
    expect(problemsOf('{')).toEqual([expect.stringContaining('is not JSON')])
    expect(() => readRoomTypes(join(folder, 'absent.json'))).toThrow(/cannot be read \(ENOENT\)/)
  })
})
