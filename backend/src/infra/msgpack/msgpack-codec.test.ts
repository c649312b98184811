import { encode, ExtData } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame, decodeFrameValue } from '@gatehouse/protocol'
import { MsgpackCodec } from './msgpack-codec.js'

const codec = new MsgpackCodec()
const packed = (value: unknown): Buffer => Buffer.from(encode(value, { maxDepth: 200 }))
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const publish = (data: unknown): object => ({ id: 7, event: 'publish', data: { room: 'a', data } })
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
/** A frame with raw MessagePack as its payload. */
const around = (payload: string): Buffer => Buffer.concat([packed(publish(0)).subarray(0, -1), hex(payload)])

describe('MsgpackCodec', () => {
  it('reads back every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
        const said = JSON.parse(JSON.stringify(value)) as unknown
        const decoded = codec.decode(packed(publish(said)))
        const asJson = decodeFrame(JSON.stringify(publish(said)))
        if (decoded.fault === undefined) expect(decodeFrameValue(decoded.value)).toEqual(asJson)
        // What is refused in JSON is refused here too: __proto__, unsafe integers.
        else expect(asJson.fault?.message).toBe(decoded.fault)
      }),
      { numRuns: 1_000 },
    )
  })

  it('accepts bytes as a whole payload, as a view without a copy', () => {
    const bytes = packed(publish(Buffer.alloc(1_000, 7)))
    const { value } = codec.decode(bytes)
    const { data } = (value as { data: { data: Uint8Array } }).data
    expect(data).toEqual(Buffer.alloc(1_000, 7))
    expect(data.buffer).toBe(bytes.buffer)
  })

  it('leaves out fields that are undefined', () => {
    expect(codec.encode({ a: 1, b: undefined })).toEqual(encode({ a: 1 }))
  })

  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'not valid'],
    ['half a frame', packed(publish('text')).subarray(0, -1), 'not valid'],
    ['two frames', Buffer.concat([packed(publish(1)), packed(publish(1))]), 'not valid'],
    ['the unused byte c1', around('c1'), 'not valid'],
    ['a list that declares four billion entries', hex('dd ff ff ff ff'), 'not valid'],
    ['a map that declares four billion pairs', hex('df ff ff ff ff'), 'not valid'],
    ['a payload that declares four billion entries', around('dd ff ff ff ff 00'), 'not valid'],
    ['text that declares four billion bytes', around('db ff ff ff ff 61'), 'not valid'],
    ['bytes that declare four billion', around('c6 ff ff ff ff 00'), 'not valid'],
    ['a length cut off', around('dd ff'), 'not valid'],
    ['a number cut off', around('cb 3f f0'), 'not valid'],
  ])('[F-7] refuses %s', (_name, bytes, message) => expect(codec.decode(bytes).fault).toContain(message))

  it.each<[string, Buffer, string]>([
    ['nesting beyond 32', packed(publish(nested(31))), 'nesting deeper than 32'],
    ['empty lists beyond 32', around(`${'91'.repeat(30)} 90`), 'nesting deeper than 32'],
  ])('[F-5] refuses %s', (_name, bytes, message) => expect(codec.decode(bytes).fault).toContain(message))

  it.each<[string, Buffer, string]>([
    ['a key that is a number', hex('81 01 02'), 'a key must be text'],
    ['a key that is bytes', hex('81 c4 01 61 02'), 'a key must be text'],
    ['a key that is a list', hex('81 90 02'), 'a key must be text'],
    ['__proto__ as a key', hex('81 a9 5f5f70726f746f5f5f 80'), '__proto__'],
    ['__proto__ as a long key', around('81 d9 09 5f5f70726f746f5f5f 01'), '__proto__'],
  ])('[F-4] refuses %s', (_name, bytes, message) => expect(codec.decode(bytes).fault).toContain(message))

  it.each<[string, Buffer, string]>([
    ['2^53', around('cf 00 20 00 00 00 00 00 00'), 'beyond 2^53'],
    ['-2^53', around('d3 ff e0 00 00 00 00 00 00'), 'beyond 2^53'],
    ['the largest integer', around('cf ff ff ff ff ff ff ff ff'), 'beyond 2^53'],
    ['1e20 as a double', around('cb 44 15 af 1d 78 b5 8c 40'), 'beyond 2^53'],
    ['not a number', around('cb 7f f8 00 00 00 00 00 00'), 'JSON cannot represent'],
    ['infinity as a float', around('ca 7f 80 00 00'), 'JSON cannot represent'],
    ['a timestamp', packed(publish(new Date(0))), 'extension types'],
    ['an extension', packed(publish(new ExtData(5, new Uint8Array(3)))), 'extension types'],
    ['text that is not UTF-8', around('a2 c3 28'), 'UTF-8'],
    ['a surrogate in UTF-8', around('a3 ed a0 80'), 'UTF-8'],
    ['long text that is not UTF-8', around(`d9 40 ${'61'.repeat(63)} ff`), 'UTF-8'],
    ['a key that is not UTF-8', around('81 a1 ff 01'), 'UTF-8'],
  ])('[F-6] refuses %s', (_name, bytes, message) => expect(codec.decode(bytes).fault).toContain(message))

  it.each<[string, Buffer, string]>([
    ['bytes inside a payload', packed(publish({ file: Buffer.from('x') })), 'bytes may only be'],
    ['bytes in a list', packed(publish([Buffer.from('x')])), 'bytes may only be'],
    ['bytes as data', packed({ id: 7, event: 'ping', data: Buffer.from('x') }), 'bytes may only be'],
    ['bytes as a key of publish', packed({ event: 'publish', data: { key: Buffer.from('x') } }), 'bytes may only be'],
    ['bytes beside data', packed({ x: { data: Buffer.from('x') } }), 'bytes may only be'],
    ['bytes in a list in data', packed({ data: [Buffer.from('x')] }), 'bytes may only be'],
    ['bytes in a list behind another data', packed({ x: { data: 1 }, data: [Buffer.from('x')] }), 'bytes may only be'],
    ['bytes under a payload’s data', packed(publish({ data: Buffer.from('x') })), 'bytes may only be'],
  ])('[F-8] refuses %s', (_name, bytes, message) => expect(codec.decode(bytes).fault).toContain(message))

  it.each<[string, Buffer]>([
    ['nesting of 32', packed(publish(nested(30)))],
    ['2^53 - 1', around('cf 00 1f ff ff ff ff ff ff')],
    ['1 - 2^53', around('d3 ff e0 00 00 00 00 00 01')],
    ['a double between integers', around('cb 3f f8 00 00 00 00 00 00')],
    ['every short integer', packed(publish([0, 127, 128, 65_535, 65_536, 4_294_967_295, -1, -32, -33, -129, -32_769]))],
    ['text of each length', packed(publish(['', 'ü', 'x'.repeat(40), 'ü'.repeat(200), 'x'.repeat(70_000)]))],
    [
      'lists and maps of each length',
      packed(publish([Array(20).fill(0), Array(70_000).fill(1), Object.fromEntries(Array(20).entries())])),
    ],
    ['__proto__ as text', packed(publish('__proto__'))],
    ['data in any order', packed({ data: { data: Buffer.from('x'), room: 'a' }, event: 'publish' })],
  ])('accepts %s', (_name, bytes) => {
    expect(codec.decode(bytes).fault).toBeUndefined()
  })

  it('[F-3] gives the id of a refused frame if it comes first', () => {
    const bad = (id: number): number | undefined => codec.decode(packed({ id, event: 'ping', data: { n: NaN } })).id
    expect([1, 127, 128, 255, 256, 65_536, 4_294_967_295].map(bad)).toEqual([
      1, 127, 128, 255, 256, 65_536, 4_294_967_295,
    ])
    expect([0, -1, 4_294_967_296, 1.5].map(bad)).toEqual([undefined, undefined, undefined, undefined])
    expect(codec.decode(packed({ event: 'ping', id: 9, data: { n: NaN } })).id).toBeUndefined()
    expect(codec.decode(hex('82 a2 69 64 ce 00')).id).toBeUndefined()
  })

  it('allocates no memory for declared lengths', () => {
    const bytes = around('dd ff ff ff ff 00')
    const before = process.memoryUsage()
    for (let i = 0; i < 2_000; i += 1) codec.decode(bytes)
    const after = process.memoryUsage()
    expect(after.heapTotal + after.external - before.heapTotal - before.external).toBeLessThan(50_000_000)
  })

  it('refuses a frame of the largest size in linear time', () => {
    const frames = [
      '91'.repeat(65_000),
      'dc ffff' + '90'.repeat(65_000),
      'a0'.repeat(65_000),
      `dd 0000fde8 ${'81a1'.repeat(32_000)}`,
    ]
    const started = performance.now()
    for (let i = 0; i < 20; i += 1) for (const frame of frames) codec.decode(hex(frame))
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('[F-7] is total: any bytes are a request or a documented fault, and no prototype changes', () => {
    const before = Object.keys(Object.prototype)
    const valid = fc
      .record({
        id: fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.jsonValue()),
        event: fc.oneof(fc.constantFrom('connect', 'join', 'publish', 'history', 'ack'), fc.jsonValue()),
        data: fc.oneof(fc.jsonValue(), fc.record({ room: fc.constant('a'), data: fc.uint8Array() })),
      })
      .map(packed)
    /** A valid frame with a few bytes changed, to reach code behind the first checks. */
    const bent = fc
      .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
      .map(([bytes, changes]) => {
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        return bytes
      })
    let requests = 0
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
          valid,
          bent,
        ),
        (bytes) => {
          const { value, fault } = codec.decode(bytes)
          if (fault !== undefined) return
          const decoded = decodeFrameValue(value)
          expect(decoded.request === undefined).toBe(decoded.fault !== undefined)
          if (decoded.request !== undefined) requests += 1
        },
      ),
      { numRuns: 5_000 },
    )
    expect(requests).toBeGreaterThan(50)
    expect(Object.keys(Object.prototype)).toEqual(before)
  })
})
