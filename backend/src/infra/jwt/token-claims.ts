import type { Right } from '@gatehouse/protocol'
import { isRoomPattern, rights } from '@gatehouse/protocol'
import type { JWTPayload } from 'jose'
import type { VerifiedToken } from '../../realtime/ports/token-verifier.js'

/** How far an issuer's clock may run ahead of ours, milliseconds. */
export const CLOCK_TOLERANCE_MS = 30_000
/** The last moment a Date can name: a far `exp` means "never" and must not break what prints it. */
const LAST_MOMENT_MS = 8_640_000_000_000_000
const LONGEST_SUBJECT = 255
const knownRights: ReadonlySet<unknown> = new Set(rights)

/** What a verified payload claims, or the phrase of the rule it breaks. `nowMs` is milliseconds since 1970. */
export function readClaims(payload: JWTPayload, nowMs: number): VerifiedToken | string {
  const { sub, exp, iat, iss, jti } = payload
  if (typeof sub !== 'string' || sub.length === 0) return 'missing sub'
  if (sub.length > LONGEST_SUBJECT) return `sub longer than ${LONGEST_SUBJECT} characters`
  if (typeof exp !== 'number') return 'missing exp'
  if (iat !== undefined && (typeof iat !== 'number' || iat * 1000 > nowMs + CLOCK_TOLERANCE_MS)) {
    return 'iat in the future'
  }
  const rooms = readRooms(payload['rooms'])
  if (typeof rooms === 'string') return rooms
  return {
    subject: sub,
    rooms,
    expiresAt: Math.min(exp * 1000, LAST_MOMENT_MS),
    issuedAt: iat === undefined ? null : iat * 1000,
    issuer: typeof iss === 'string' ? iss : null,
    tokenId: typeof jti === 'string' ? jti.slice(0, LONGEST_SUBJECT) : null,
  }
}

function readRooms(claim: unknown): ReadonlyMap<string, readonly Right[]> | string {
  const rooms = new Map<string, readonly Right[]>()
  if (claim === undefined) return rooms
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) return 'rooms is not an object'
  for (const [pattern, granted] of Object.entries(claim)) {
    if (!isRoomPattern(pattern)) return 'rooms has a malformed pattern'
    if (!isRights(granted)) return 'rooms has an unknown right'
    rooms.set(pattern, granted)
  }
  return rooms
}

function isRights(value: unknown): value is Right[] {
  return Array.isArray(value) && value.every((right) => knownRights.has(right))
}
