import { describe, expect, it } from 'vitest'
import { FrameReader } from './frame-reader.ts'

const frame = (opcode: number, payload: string | Buffer): Buffer => {
  const bytes = Buffer.from(payload)
  const head =
    bytes.length < 126
      ? Buffer.from([0x80 | opcode, bytes.length])
      : Buffer.from([0x80 | opcode, 126, bytes.length >> 8, bytes.length & 255])
  return Buffer.concat([head, bytes])
}

function reader(needsWhole = false) {
  const seen = { texts: [] as string[], pings: [] as string[], textPings: 0, closes: [] as number[] }
  const read = new FrameReader({
    needsWhole,
    onText: (bytes, start, length) => void seen.texts.push(bytes.toString('utf8', start, start + length)),
    onPing: (payload) => void seen.pings.push(payload.toString()),
    onTextPing: () => void (seen.textPings += 1),
    onClose: (code) => void seen.closes.push(code),
  })
  return { read, seen }
}

describe('counting frames', () => {
  const stream = Buffer.concat([
    frame(1, 'one'),
    frame(9, 'ping'),
    frame(1, 'x'.repeat(300)),
    frame(1, 'y'.repeat(125)),
    frame(1, ''),
    frame(8, Buffer.from([0x03, 0xf4, 0x21])),
  ])

  it('counts the same however the bytes are split', () => {
    for (let size = 1; size <= stream.length; size += 1) {
      const { read, seen } = reader()
      for (let at = 0; at < stream.length; at += size) {
        const chunk = stream.subarray(at, at + size)
        read.read(chunk, chunk.length)
      }
      expect([size, read.texts, seen.pings, seen.closes]).toEqual([size, 4, ['ping'], [1012]])
    }
  })

  it('hands over every text whole when it must, even if it comes in pieces', () => {
    const { read, seen } = reader(true)
    for (const byte of stream) read.read(Buffer.from([byte]), 1)
    expect(seen.texts).toEqual(['one', 'x'.repeat(300), 'y'.repeat(125), ''])
  })

  it('counts a frame when its last byte arrives, not before', () => {
    const { read } = reader()
    const bytes = frame(1, 'z'.repeat(200))
    read.read(bytes.subarray(0, bytes.length - 1), bytes.length - 1)
    expect(read.texts).toBe(0)
    read.read(bytes.subarray(bytes.length - 1), 1)
    expect(read.texts).toBe(1)
  })

  it('does not count a ping that comes as a text, however it is split', () => {
    const { read, seen } = reader()
    for (const byte of Buffer.concat([frame(1, '2'), frame(1, '3'), frame(1, '42')])) read.read(Buffer.from([byte]), 1)
    expect([read.texts, seen.textPings]).toEqual([2, 1])
  })

  it('reads no further than the length it was given', () => {
    const { read } = reader()
    const shared = Buffer.concat([frame(1, 'a'), frame(1, 'stale')])
    read.read(shared, 3)
    expect(read.texts).toBe(1)
  })
})
