const DIGITS = 16
const LENGTH = 64
const MARK = Buffer.from('"data":"')

/** Microseconds of a clock that only goes forward; the same for all clients of this process. */
export function nowMicros(): number {
  return Math.round(performance.now() * 1000)
}

/** A payload of so many characters that carries when it was sent. */
export function stampedPayload(length = LENGTH): string {
  return String(nowMicros()).padStart(DIGITS, '0').padEnd(length, '.')
}

/** How long the stamped payload in this frame was under way, milliseconds; undefined when there is none. */
export function ageMs(bytes: Buffer, start: number, length: number): number | undefined {
  const mark = bytes.indexOf(MARK, start)
  if (mark < 0 || mark + MARK.length + DIGITS > start + length) return undefined
  const sentAt = Number(bytes.toString('latin1', mark + MARK.length, mark + MARK.length + DIGITS))
  return Number.isNaN(sentAt) ? undefined : (nowMicros() - sentAt) / 1000
}
