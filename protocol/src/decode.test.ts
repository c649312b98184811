import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { decodeFrame, decodeFrameValue, isBase64 } from './decode.js'

const fault = (text: string) => decodeFrame(text).fault

describe('decodeFrame', () => {
  it('[F-1] reads each request of the protocol', () => {
    const frames = [
      {
        id: 1,
        event: 'connect',
        data: {
          token: 't',
          session: 's',
          client: { name: 'web', version: '1' },
          labels: { a: 'b' },
          since: { 'inbox:a': { epoch: 'e', offset: 0 } },
        },
      },
      { id: 2, event: 'refresh', data: { token: 't' } },
      { id: 3, event: 'join', data: { room: 'chat:lobby', since: { epoch: 'e', offset: 4 } } },
      { id: 3, event: 'join', data: { rooms: [{ room: 'a' }, { room: 'b', since: { epoch: 'e', offset: 0 } }] } },
      { event: 'leave', data: { room: 'a' } },
      { id: 4, event: 'publish', data: { room: 'a', data: null, key: 'k' } },
      { event: 'publish', data: { room: 'a', data: { nested: [1, 2.5, 'x'] } } },
      { id: 5, event: 'presence', data: { room: 'a' } },
      { id: 6, event: 'history', data: { room: 'a', since: { epoch: 'e', offset: 1 }, limit: 10, reverse: true } },
      { event: 'ack', data: { room: 'a', offset: 3 } },
      { event: 'ack', data: { room: 'a', offset: 3, epoch: 'e' } },
      { event: 'ping', data: {} },
    ]
    for (const frame of frames) expect(decodeFrame(JSON.stringify(frame)).request).toEqual(frame)
  })

  it('[F-2] needs an id of 1 to 2^32-1 where an answer is due', () => {
    const data = { room: 'a', token: 't', data: 1, offset: 1 }
    for (const event of ['connect', 'refresh', 'join', 'presence', 'history']) {
      expect(fault(JSON.stringify({ event, data }))?.message, event).toBe(`${event} needs an id`)
      expect(decodeFrame(JSON.stringify({ id: 1, event, data })).request?.event).toBe(event)
    }
    for (const event of ['publish', 'leave', 'ack', 'ping']) {
      expect(decodeFrame(JSON.stringify({ event, data })).request?.event).toBe(event)
    }
    for (const id of ['0', '-1', '1.5', '4294967296', '"1"', 'null', '1e99']) {
      expect(fault(`{"id":${id},"event":"ping"}`)?.code, id).toBe('bad_request')
    }
    expect(decodeFrame('{"id":4294967295,"event":"ping"}').request?.id).toBe(4294967295)
  })

  it('[F-3] answers an unknown event with its id and never repeats it', () => {
    expect(fault('{"id":9,"event":"constructor","data":{}}')).toEqual({
      code: 'unknown_event',
      message: 'this event is not part of the protocol',
      id: 9,
    })
  })

  it('[F-4] refuses __proto__ as a key, however it is written, and takes it as a value', () => {
    expect(fault('{"event":"publish","data":{"room":"a","data":{"__proto__":{"x":1}}}}')?.message).toContain(
      '__proto__',
    )
    expect(fault('{"event":"publish","data":{"room":"a","data":{"\\u005f_proto__" : 1}}}')?.message).toContain(
      '__proto__',
    )
    expect(decodeFrame('{"event":"publish","data":{"room":"a","data":"__proto__"}}').request).toBeDefined()
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('[F-5] takes nesting of 32 and refuses 33, before anything is parsed', () => {
    const nested = (depth: number) =>
      `{"event":"publish","data":{"room":"a","data":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}`
    expect(decodeFrame(nested(32)).request).toBeDefined()
    expect(fault(nested(33))?.message).toContain('nesting')
    expect(fault('['.repeat(60_000))?.message).toContain('nesting')
  })

  it('[F-6] refuses integers beyond 2^53 and numbers beyond a double, however they are written', () => {
    const publish = (n: string) => `{"event":"publish","data":{"room":"a","data":${n}}}`
    for (const n of ['9007199254740993', '[1,12345678901234567890]', '-9007199254740993', '1e20', '1E+20', '10e15']) {
      expect(fault(publish(n))?.message, n).toContain('2^53')
    }
    expect(fault(publish('1e400'))?.message).toContain('refused')
    for (const n of [
      '9007199254740991',
      '-9007199254740991',
      '0.1234567890123456789',
      '1.2345678901234567e10',
      '1e-400',
      '"12345678901234567890"',
    ]) {
      expect(decodeFrame(publish(n)).request, n).toBeDefined()
    }
  })

  it('[F-6] looks at each character a few times at most: a frame of digits takes no longer than one of letters', () => {
    const frame = (filler: string) => `{"event":"publish","data":{"room":"a","data":${filler}}}`
    const timed = (text: string): number => {
      const startedAt = performance.now()
      for (let i = 0; i < 5; i += 1) decodeFrame(text)
      return performance.now() - startedAt
    }
    const letters = Math.max(1, timed(frame(`"${'x'.repeat(60_000)}"`)))
    // Quadratic work took ten thousand times as long.
    expect(timed(frame(`${'1'.repeat(60_000)}.5`))).toBeLessThan(letters * 200)
    expect(timed(frame(`[${'1e9,'.repeat(15_000)}1]`))).toBeLessThan(letters * 200)
  })

  it('[F-3] names the id of a frame that it must not parse, where the id stands first', () => {
    expect(fault(`{"id":7,"event":"publish","data":{"room":"a","data":${'['.repeat(40)}${']'.repeat(40)}}}`)?.id).toBe(
      7,
    )
    expect(fault('{"id": 8, "event":"ping","data":{"__proto__":1}}')?.id).toBe(8)
    expect(fault(`{"event":"ping","id":9,"data":{"n":1e20}}`)?.id).toBeUndefined()
  })

  it('[R-4] demands epoch and offset beside each other', () => {
    expect(fault('{"id":1,"event":"join","data":{"room":"a","since":{"offset":4}}}')?.message).toContain('epoch')
    expect(fault('{"id":1,"event":"join","data":{"room":"a","since":{"epoch":"","offset":4}}}')?.code).toBe(
      'bad_request',
    )
    expect(fault('{"id":1,"event":"join","data":{"room":"a","since":{"epoch":"e"}}}')?.message).toContain('epoch')
    expect(fault('{"id":1,"event":"history","data":{"room":"a","since":{"offset":4}}}')?.message).toContain('epoch')
  })

  it('[F-8] takes bytes in base64 in the place of data, and only the text that encodes them', () => {
    const publish = (data: object) =>
      decodeFrame(JSON.stringify({ id: 1, event: 'publish', data: { room: 'a', ...data } }))
    expect(publish({ data64: 'AP8=', key: 'k' }).request?.data).toEqual({ room: 'a', data64: 'AP8=', key: 'k' })
    expect(publish({ data64: '' }).request?.data).toEqual({ room: 'a', data64: '' })
    expect(publish({ data64: 'AP8=', data: 1 }).fault?.code).toBe('bad_request')
    for (const data64 of [1, null, 'A', 'AP8', 'AP9=', 'AR==', 'A===', '====', 'AP8=AP8=', 'AP-_', 'AP8=\n', 'AÄ==']) {
      expect(publish({ data64 }).fault?.code, String(data64)).toBe('bad_request')
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => isBase64(btoa(String.fromCharCode(...bytes)))),
      { numRuns: 300 },
    )
  })

  it('[M-4] takes a key of 1 to 64 characters', () => {
    const publish = (key: unknown) =>
      decodeFrame(JSON.stringify({ id: 1, event: 'publish', data: { room: 'a', data: 1, key } }))
    for (const key of ['k', 'ü'.repeat(64)]) expect(publish(key).request?.data).toEqual({ room: 'a', data: 1, key })
    for (const key of ['', 'k'.repeat(65), 7, null]) {
      expect(publish(key).fault, String(key)).toMatchObject({ code: 'bad_request', id: 1 })
    }
  })

  it('reads a frame of any encoding once it is a value', () => {
    const bytes = new Uint8Array(3)
    const { request } = decodeFrameValue({ event: 'publish', data: { room: 'a', data: bytes } })
    expect(request).toEqual({ event: 'publish', data: { room: 'a', data: bytes } })
    expect(decodeFrameValue(null).fault?.code).toBe('bad_request')
    expect(decodeFrameValue({ id: 1, event: 'x' }).fault).toMatchObject({ code: 'unknown_event', id: 1 })
  })

  it('takes 1 to 32 rooms in one join', () => {
    const join = (n: number) =>
      decodeFrame(
        JSON.stringify({
          id: 1,
          event: 'join',
          data: { rooms: Array.from({ length: n }, (_, i) => ({ room: `r${i}` })) },
        }),
      )
    expect(join(32).request).toBeDefined()
    expect(join(33).fault?.code).toBe('bad_request')
    expect(join(0).fault?.code).toBe('bad_request')
  })

  it('[F-7] is total: any text is a request or a documented fault, and no prototype changes', () => {
    const before = Object.keys(Object.prototype)
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          id: fc.jsonValue(),
          event: fc.oneof(fc.constantFrom('connect', 'join', 'publish', 'history', 'ack'), fc.jsonValue()),
          data: fc.jsonValue(),
        })
        .map((frame) => JSON.stringify(frame)),
      fc
        .record({
          event: fc.constant('publish'),
          data: fc.record({ room: fc.jsonValue(), data: fc.jsonValue(), key: fc.jsonValue() }),
        })
        .map((frame) => JSON.stringify(frame)),
    )
    fc.assert(
      fc.property(text, (t) => {
        const decoded = decodeFrame(t)
        expect(decoded.request === undefined).toBe(decoded.fault !== undefined)
      }),
      { numRuns: 2000 },
    )
    expect(Object.keys(Object.prototype)).toEqual(before)
  })
})
