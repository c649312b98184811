import { isIP } from 'node:net'
import type { Environment } from './environment.js'

/**
 * The problems of variables that are valid alone but not together. Variables that could not be read are absent here;
 * they are reported on their own.
 */
export function refusedTogether(env: Partial<Environment>): string[] {
  const checks = [redisNotServed, oneSourceOfKeys, algorithmsFitKeys, cookieNeedsOrigins, wholeTls, twoPorts]
  return [...checks, noPublicPlainListener].flatMap((check) => check(env) ?? [])
}

type Check = (env: Partial<Environment>) => string | undefined

/** Nodes that share a database without a bus between them would each see only their own connections. */
const redisNotServed: Check = (env) =>
  env.REDIS_URL === undefined
    ? undefined
    : 'REDIS_URL is not supported by this version: nodes cannot share a bus yet, so one database serves one node. Unset REDIS_URL, and give each node a database of its own.'

const oneSourceOfKeys: Check = (env) =>
  env.JWT_SECRET !== undefined && env.JWT_JWKS !== undefined
    ? 'JWT_SECRET and JWT_JWKS are both set: a shared secret and public keys are never mixed. Unset one of the two.'
    : undefined

const algorithmsFitKeys: Check = (env) => {
  if (env.JWT_ALGORITHMS === undefined) return undefined
  const wanted = env.JWT_JWKS === undefined ? ['HS256'] : ['RS', 'ES', 'EdDSA']
  if (env.JWT_ALGORITHMS.length === 0)
    return `JWT_ALGORITHMS names no algorithm. Unset it, or name ${wanted.join(', ')}.`
  const unfit = env.JWT_ALGORITHMS.find((algorithm) => !wanted.some((start) => algorithm.startsWith(start)))
  if (unfit === undefined) return undefined
  return env.JWT_JWKS === undefined
    ? `JWT_ALGORITHMS names ${unfit}, which needs public keys. Set JWT_JWKS, or use HS256 with a shared secret.`
    : `JWT_ALGORITHMS names ${unfit}, which needs a shared secret. Use RS, ES or EdDSA algorithms with JWT_JWKS.`
}

/** A browser sends cookies for requests of any page, so without the list any page could connect as its visitor. */
const cookieNeedsOrigins: Check = (env) =>
  env.TOKEN_COOKIE !== undefined && (env.ALLOWED_ORIGINS ?? []).length === 0
    ? 'TOKEN_COOKIE is set without ALLOWED_ORIGINS: any page could then connect as its visitor. Name the pages in ALLOWED_ORIGINS, or unset TOKEN_COOKIE.'
    : undefined

const wholeTls: Check = (env) => {
  if ((env.TLS_CERT === undefined) === (env.TLS_KEY === undefined)) return undefined
  const [set, missing] = env.TLS_CERT === undefined ? ['TLS_KEY', 'TLS_CERT'] : ['TLS_CERT', 'TLS_KEY']
  return `${set} is set without ${missing}: TLS needs both. Set ${missing}, or unset ${set} for plain listeners.`
}

const twoPorts: Check = (env) =>
  env.GATEWAY_PORT !== undefined && env.GATEWAY_PORT !== 0 && env.GATEWAY_PORT === env.CONTROL_PORT
    ? `GATEWAY_PORT and CONTROL_PORT are both ${env.GATEWAY_PORT}: clients must never reach the control room. Set them to two different ports.`
    : undefined

const noPublicPlainListener: Check = (env) => {
  if (env.NODE_ENV !== 'production' || env.TLS_CERT !== undefined || env.TRUST_PROXY !== undefined) return undefined
  const open = (['GATEWAY_HOST', 'CONTROL_HOST'] as const).filter((name) => !isLoopback(env[name] ?? '127.0.0.1'))
  const [first] = open
  if (first === undefined) return undefined
  return (
    `${open.join(' and ')} ${open.length === 1 ? 'is' : 'are'} ${env[first]} in production without TLS: tokens would ` +
    'be sent unencrypted. Set TLS_CERT and TLS_KEY, name the TLS proxy in TRUST_PROXY, or listen on 127.0.0.1.'
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
