const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0')

/** Clock time in UTC, 24 h: "14:28:02". `at` is Unix time in ms. */
export function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}

/** Clock time in UTC to the minute: "14:28". */
export function clockMinute(at: number): string {
  return new Date(at).toISOString().slice(11, 16)
}

/** Date and time in UTC: "2026-11-23 14:28:02". */
export function dateTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ')
}

/** Clock time when `at` is within 12 h of `now`, else date and time: short where it is unambiguous. */
export function moment(at: number, now: number): string {
  return Math.abs(now - at) < 12 * 3_600_000 ? clock(at) : dateTime(at)
}

/** A span in at most two units: "0.4 s", "6m 32s", "1h 12m", "3d 04h". */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 9.95) return `${(Math.round(seconds * 10) / 10).toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${pad((whole % 3600) / 60)}m`
  return `${Math.floor(whole / 86_400)}d ${pad((whole % 86_400) / 3600)}h`
}

/** The length of an interval for "per …": "second", "5 s", "minute", "20 min". */
export function interval(ms: number): string {
  if (ms === 1000) return 'second'
  if (ms === 60_000) return 'minute'
  return ms < 60_000 ? `${ms / 1000} s` : `${ms / 60_000} min`
}

/** Milliseconds for a latency: "38 ms", "1.24 s". */
export function latency(ms: number): string {
  return ms < 1000 ? `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Reads "15m", "2h 30m" or "10 s" as ms; null when it is not a duration. */
export function parseDuration(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*/g)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.trim()) return null
  return parts.reduce((sum, part) => sum + Number(part[1]) * UNIT_MS[part[2] as keyof typeof UNIT_MS], 0)
}
