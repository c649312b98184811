import { limits } from './limits.js'

const SEGMENTS = /^[A-Za-z0-9_.-]+(?::[A-Za-z0-9_.-]+)*$/
const PATTERN_SEGMENTS = /^(?:[A-Za-z0-9_.-]+|\*)(?::(?:[A-Za-z0-9_.-]+|\*))*(?::\*\*)?$|^\*\*$/

/** Names with this prefix belong to the control room; on the gateway port they are always unknown. */
const SYSTEM_PREFIX = 'sys:'

/** Whether `name` is a well-formed room name: segments of `[A-Za-z0-9_.-]+` joined by `:`, at most 255 characters. */
export function isRoomName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= limits.roomNameLength && SEGMENTS.test(name)
}

/** Whether `name` is reserved for the control room: `sys` itself and everything below it. */
export function isSystemRoom(name: string): boolean {
  return name === 'sys' || name.startsWith(SYSTEM_PREFIX)
}

/** Whether `pattern` is well-formed: room name segments or `*`, and possibly a final `**`. */
export function isRoomPattern(pattern: unknown): pattern is string {
  return typeof pattern === 'string' && pattern.length <= limits.roomNameLength && PATTERN_SEGMENTS.test(pattern)
}

/**
 * Whether a room name fits a pattern: `*` is one whole segment, a final `**` is one or more segments.
 * One pass over both strings, no backtracking, so hostile patterns cost no more than their length.
 */
export function matchesRoom(pattern: string, name: string): boolean {
  let p = 0
  let n = 0
  for (;;) {
    const patternEnd = endOfSegment(pattern, p)
    const nameEnd = endOfSegment(name, n)
    if (patternEnd - p === 2 && pattern.charCodeAt(p) === STAR && pattern.charCodeAt(p + 1) === STAR) {
      return patternEnd === pattern.length && n < name.length
    }
    const isWildcard = patternEnd - p === 1 && pattern.charCodeAt(p) === STAR
    if (!isWildcard && !sameSegment(pattern, p, patternEnd, name, n, nameEnd)) return false
    if (nameEnd === n) return false
    const patternDone = patternEnd === pattern.length
    const nameDone = nameEnd === name.length
    if (patternDone || nameDone) return patternDone && nameDone
    p = patternEnd + 1
    n = nameEnd + 1
  }
}

const STAR = 42
const COLON = 58

function endOfSegment(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) !== COLON) at += 1
  return at
}

function sameSegment(a: string, aFrom: number, aTo: number, b: string, bFrom: number, bTo: number): boolean {
  if (aTo - aFrom !== bTo - bFrom) return false
  for (let i = 0; i < aTo - aFrom; i += 1) if (a.charCodeAt(aFrom + i) !== b.charCodeAt(bFrom + i)) return false
  return true
}
