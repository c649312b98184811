import { describe, expect, it } from 'vitest'
import { clock, clockMinute, dateTime, duration, interval, latency, moment, parseDuration } from './time.js'

const at = Date.UTC(2026, 10, 23, 14, 28, 2)

describe('times', () => {
  it('are UTC and 24 h', () => {
    expect(clock(at)).toBe('14:28:02')
    expect(clockMinute(at)).toBe('14:28')
    expect(dateTime(at)).toBe('2026-11-23 14:28:02')
  })

  it('include the date when they are not from today', () => {
    expect(moment(at, at + 60_000)).toBe('14:28:02')
    expect(moment(at, at + 86_400_000)).toBe('2026-11-23 14:28:02')
  })

  it('span at most two units', () => {
    expect([400, 9_960, 59_400, 392_000, 4_320_000, 277_200_000].map(duration)).toEqual([
      '0.4 s',
      '10 s',
      '59 s',
      '6m 32s',
      '1h 12m',
      '3d 05h',
    ])
  })

  it('never show a negative span', () => {
    expect(duration(-500)).toBe('0.0 s')
  })

  it('name an interval in words', () => {
    expect([1000, 5000, 60_000, 1_200_000].map(interval)).toEqual(['second', '5 s', 'minute', '20 min'])
  })

  it('show latencies in ms up to one second', () => {
    expect([0.62, 38.4, 1240].map(latency)).toEqual(['0.6 ms', '38 ms', '1.24 s'])
  })

  it('are read back from what people type', () => {
    expect(parseDuration('15m')).toBe(900_000)
    expect(parseDuration('2h 30m')).toBe(9_000_000)
    expect(parseDuration('soon')).toBeNull()
    expect(parseDuration('5m later')).toBeNull()
  })
})
