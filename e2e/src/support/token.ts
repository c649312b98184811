import { createHmac } from 'node:crypto'
import type { Right } from '@gatehouse/protocol'

export interface TokenFacts {
  readonly sub: string
  readonly rooms: Readonly<Record<string, readonly Right[]>>
  /** One hour by default. */
  readonly ttlSeconds?: number
  /** Other claims, to make the token longer or unusual. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** Signs a token as an application's own service would, with the secret the node was given (HS256). */
export function signToken(secret: string, { sub, rooms, ttlSeconds = 3600, extra }: TokenFacts): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...extra, sub, iat: now, exp: now + ttlSeconds, rooms })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
