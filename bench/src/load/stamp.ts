const DIGITS = 16
const LENGTH = 64
const MARK = Buffer.from('"data":"')

/** Microseconds of a monotonic clock, the same for all clients of this process. */
function nowMicros(): number {
  return Math.round(performance.now() * 1000)
}

/** A payload of `length` characters that carries the time it was sent. */
export function stampedPayload(length = LENGTH): string {
  return String(nowMicros()).padStart(DIGITS, '0').padEnd(length, '.')
}

/** Age of the stamped payload in this frame, milliseconds; undefined when there is none. */
export function ageMs(bytes: Buffer, start: number, length: number): number | undefined {
  const mark = bytes.indexOf(MARK, start)
  if (mark < 0 || mark + MARK.length + DIGITS > start + length) return undefined
  const sentAt = Number(bytes.toString('latin1', mark + MARK.length, mark + MARK.length + DIGITS))
  return Number.isNaN(sentAt) ? undefined : (nowMicros() - sentAt) / 1000
}
