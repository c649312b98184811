import { readFileSync } from 'node:fs'
import { get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'
import type { CompactVerifyGetKey, JSONWebKeySet } from 'jose'
import { createLocalJWKSet, createRemoteJWKSet, customFetch } from 'jose'

/** The keys could not be read: a fault of the key server, not of the token. */
export class KeySetUnavailable extends Error {}

const LARGEST_KEY_SET_BYTES = 262_144
const FETCH_TIMEOUT_MS = 5_000
/** For this long after a failed fetch tokens fail at once, instead of each waiting for another fetch. */
const FAILURE_PAUSE_MS = 1_000

/** Opens the JWKS that the configuration names. A file is read once, a URL when needed and every ten minutes. */
export function openKeySet(source: string): CompactVerifyGetKey {
  if (!/^https?:/i.test(source)) return createLocalJWKSet(readKeySet(source))
  const url = new URL(source)
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !isLoopback) {
    throw new Error(`JWT_JWKS is ${url.origin}: keys are fetched over https only (http on loopback).`)
  }
  return createRemoteJWKSet(url, { timeoutDuration: FETCH_TIMEOUT_MS, [customFetch]: fetchPlainly() })
}

function readKeySet(path: string): JSONWebKeySet {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JSONWebKeySet
  } catch (error) {
    const cause = error instanceof Error ? error.message : 'unreadable'
    throw new Error(`JWT_JWKS names ${path}, which does not contain a readable key set: ${cause}`, { cause: error })
  }
}

/** Node's own client instead of `fetch`, which would decompress whatever the server sends. */
function fetchPlainly(): (url: string, options: { signal: AbortSignal }) => Promise<Response> {
  let failedAtMs = -Infinity
  return async (url, { signal }) => {
    if (performance.now() - failedAtMs < FAILURE_PAUSE_MS) throw new KeySetUnavailable('the last fetch just failed')
    try {
      return new Response(await read(url, signal), { status: 200 })
    } catch (error) {
      failedAtMs = performance.now()
      throw new KeySetUnavailable('the key set could not be fetched', { cause: error })
    }
  }
}

function read(url: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const get = url.startsWith('https:') ? getSecure : getPlain
  const headers = { accept: 'application/json', 'accept-encoding': 'identity' }
  const request = get(url, { headers, signal }, (response) => {
    const encoding = response.headers['content-encoding']
    if (response.statusCode !== 200 || (encoding !== undefined && encoding !== 'identity')) {
      request.destroy(new Error(`the key server answered ${response.statusCode ?? 'nothing'}`))
      return
    }
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      body += chunk
      if (body.length > LARGEST_KEY_SET_BYTES) request.destroy(new Error('the key set is too large'))
    })
    response.on('end', () => resolve(body))
    response.on('error', reject)
  })
  request.on('error', reject)
  return promise
}
