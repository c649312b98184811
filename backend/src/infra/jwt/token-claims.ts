import type { Right, UserInfo } from '@gatehouse/protocol'
import { faultInJson, isRoomPattern, limits, rights } from '@gatehouse/protocol'
import type { TokenVerdict, VerifiedToken } from '../../realtime/ports/token-verifier.js'

/** How far an issuer's clock may run ahead of ours, milliseconds. */
const CLOCK_TOLERANCE_MS = 30_000
/** The latest time a Date can hold. A later `exp` is cut to it, so that printing the date does not fail. */
const LAST_MOMENT_MS = 8_640_000_000_000_000
const LONGEST_CLAIM = 255
/** `typ` values of client tokens; a token without one is accepted, since many issuers leave it out. */
const TYPES: ReadonlySet<unknown> = new Set(['jwt', 'at+jwt', 'application/at+jwt'])
const KNOWN_RIGHTS: ReadonlySet<unknown> = new Set(rights)

export interface ClaimRules {
  readonly issuer: string | null
  readonly audience: string | null
}

type Claims = Readonly<Record<string, unknown>>

/** Checks the header and claims of a token with a valid signature. `nowMs` is milliseconds since 1970. */
export function judgeClaims(header: Claims, payload: unknown, rules: ClaimRules, nowMs: number): TokenVerdict {
  const { typ } = header
  if (typ !== undefined && !(typeof typ === 'string' && TYPES.has(typ.toLowerCase()))) return refused('typ')
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return refused('malformed')
  const claims = payload as Claims
  const token = readClaims(claims)
  const fault = typeof token === 'string' ? token : (placeFault(claims, rules) ?? timeFault(claims, nowMs))
  if (typeof token === 'string' || fault !== undefined) return refused(fault ?? 'malformed')
  // No tolerance here: an expired token would open a connection whose grants have already expired.
  if (token.expiresAt <= nowMs) return { ok: false, reason: 'token_expired', rule: 'exp' }
  return { ok: true, token }
}

export function refused(rule: string): TokenVerdict {
  return { ok: false, reason: 'bad_token', rule }
}

function placeFault({ iss, aud }: Claims, { issuer, audience }: ClaimRules): string | undefined {
  if (issuer !== null && iss !== issuer) return iss === undefined ? 'missing iss' : 'iss'
  if (audience === null || aud === audience) return undefined
  if (aud === undefined) return 'missing aud'
  return Array.isArray(aud) && aud.includes(audience) ? undefined : 'aud'
}

function timeFault({ nbf, iat }: Claims, nowMs: number): string | undefined {
  const isDue = (time: unknown): boolean => isTime(time) && time * 1000 <= nowMs + CLOCK_TOLERANCE_MS
  if (nbf !== undefined && !isDue(nbf)) return 'nbf in the future'
  return iat !== undefined && !isDue(iat) ? 'iat in the future' : undefined
}

function readClaims({ sub, exp, iat, iss, jti, rooms: claimed, info: told }: Claims): VerifiedToken | string {
  if (typeof sub !== 'string' || sub.length === 0) return 'missing sub'
  if (sub.length > LONGEST_CLAIM) return `sub longer than ${LONGEST_CLAIM} characters`
  if (!isTime(exp)) return 'missing exp'
  const rooms = readRooms(claimed)
  if (typeof rooms === 'string') return rooms
  const info = readInfo(told)
  if (typeof info === 'string') return info
  return {
    subject: sub,
    rooms,
    expiresAt: Math.min(exp * 1000, LAST_MOMENT_MS),
    issuedAt: isTime(iat) ? iat * 1000 : null,
    issuer: typeof iss === 'string' ? iss.slice(0, LONGEST_CLAIM) : null,
    tokenId: typeof jti === 'string' ? jti.slice(0, LONGEST_CLAIM) : null,
    ...(info === undefined ? {} : { info }),
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value)
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

/** It is sent to other clients, so it must be JSON that they accept. */
function readInfo(claim: unknown): UserInfo | undefined | string {
  if (claim === undefined) return undefined
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) return 'info is not an object'
  const text = JSON.stringify(claim)
  if (Buffer.byteLength(text) > limits.infoBytes) return `info longer than ${limits.infoBytes} bytes`
  return faultInJson(text) === undefined ? (claim as UserInfo) : 'info is not plain JSON'
}

function isRights(value: unknown): value is Right[] {
  return Array.isArray(value) && value.every((right) => KNOWN_RIGHTS.has(right))
}
