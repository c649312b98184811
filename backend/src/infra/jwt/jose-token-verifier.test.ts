import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EncryptJWT, SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose'
import type { JWTPayload } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../realtime/ports/clock.js'
import { JoseTokenVerifier } from './jose-token-verifier.js'
import { mintToken } from './mint-token.js'
import type { TokenSettings } from './token-settings.js'

const NOW_MS = 1_800_000_000_000
const NOW = NOW_MS / 1000
const secret = new TextEncoder().encode('0123456789abcdef0123456789abcdef')
const settings: TokenSettings = { secret, jwks: null, algorithms: [], issuer: null, audience: null }

const clock: Clock = {
  wallMs: () => NOW_MS,
  nowMs: () => 0,
  idleMs: () => 0,
  after: () => () => undefined,
  every: () => () => undefined,
  atTurnEnd: () => undefined,
}

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

const sign = (payload: JWTPayload, header: { alg?: string; typ?: string; kid?: string } = {}, key = secret) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'HS256', ...header }).sign(key)

const verify = (token: string, changes: Partial<TokenSettings> = {}) =>
  JoseTokenVerifier.open({ ...settings, ...changes }, clock).verify(token)

const good: JWTPayload = { sub: 'alice', exp: NOW + 60, rooms: { 'chat:*': ['join', 'publish'] } }
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('JoseTokenVerifier', () => {
  it('reads what a minted token says about its user', async () => {
    const info = { name: 'Alice', badges: [1, 2] }
    const { token } = await mintToken(settings, {
      subject: 'alice',
      rooms: {},
      info,
      lifetimeMs: 60_000,
      nowMs: NOW_MS,
    })
    expect(await verify(token)).toMatchObject({ ok: true, token: { info } })
  })

  it('[I-1] reads subject, rooms and times of a minted token', async () => {
    const order = { subject: 'alice', rooms: { 'chat:*': ['join' as const] }, lifetimeMs: 60_000, nowMs: NOW_MS }
    const minted = await mintToken({ ...settings, issuer: 'me', audience: 'you' }, order)
    const verdict = await verify(minted.token, { issuer: 'me', audience: 'you' })
    expect(minted.expiresAt).toBe(NOW_MS + 60_000)
    expect(verdict).toEqual({
      ok: true,
      token: {
        subject: 'alice',
        rooms: new Map([['chat:*', ['join']]]),
        expiresAt: NOW_MS + 60_000,
        issuedAt: NOW_MS,
        issuer: 'me',
        tokenId: null,
      },
    })
  })

  it.each<[string, JWTPayload, string]>([
    ['no sub', { exp: NOW + 60 }, 'missing sub'],
    ['an empty sub', { sub: '', exp: NOW + 60 }, 'missing sub'],
    ['no exp', { sub: 'a' }, 'missing exp'],
    ['nbf beyond the tolerance', { ...good, nbf: NOW + 31 }, 'nbf in the future'],
    ['iat beyond the tolerance', { ...good, iat: NOW + 31 }, 'iat in the future'],
    ['an exp that is not a number', { sub: 'a', exp: '9' as unknown as number }, 'missing exp'],
    ['an nbf that is not a number', { ...good, nbf: 'x' as unknown as number }, 'nbf in the future'],
    ['rooms that are a list', { ...good, rooms: ['chat'] }, 'rooms is not an object'],
    ['a malformed pattern', { ...good, rooms: { 'a**b': ['join'] } }, 'rooms has a malformed pattern'],
    ['an unknown right', { ...good, rooms: { a: ['own'] } }, 'rooms has an unknown right'],
    ['info that is not an object', { ...good, info: 'Alice' }, 'info is not an object'],
    ['info that is a list', { ...good, info: ['Alice'] }, 'info is not an object'],
    ['info over 1 KiB', { ...good, info: { name: 'é'.repeat(507) } }, 'info longer than 1024 bytes'],
    ['info that changes prototypes', { ...good, info: JSON.parse('{"__proto__":1}') }, 'info is not plain JSON'],
    [
      'info nested too deep',
      { ...good, info: JSON.parse(`{"a":${'['.repeat(32)}${']'.repeat(32)}}`) },
      'info is not plain JSON',
    ],
    ['rights that are not a list', { ...good, rooms: { a: 'join' } }, 'rooms has an unknown right'],
  ])('[I-1] refuses %s', async (_name, payload, rule) => {
    expect(await verify(await sign(payload))).toEqual({ ok: false, reason: 'bad_token', rule })
  })

  it('[I-1] reads what the token says about its user, up to 1 KiB', async () => {
    const info = { name: `${'é'.repeat(506)}e` }
    expect(Buffer.byteLength(JSON.stringify(info))).toBe(1_024)
    expect(await verify(await sign({ ...good, info }))).toMatchObject({ ok: true, token: { info } })
  })

  it('says token_expired for an expired token, to the second', async () => {
    expect(await verify(await sign({ ...good, exp: NOW - 100 }))).toMatchObject({ reason: 'token_expired' })
    expect(await verify(await sign({ ...good, exp: NOW }))).toMatchObject({ reason: 'token_expired' })
    expect(await verify(await sign({ ...good, exp: NOW + 1 }))).toMatchObject({ ok: true })
  })

  it('accepts nbf and iat within the tolerance and an exp millions of years away', async () => {
    const verdict = await verify(await sign({ ...good, nbf: NOW + 29, iat: NOW + 29, exp: 1e15 }))
    expect(verdict.ok && new Date(verdict.token.expiresAt).getFullYear()).toBe(275760)
  })

  it('refuses another issuer, another audience and a missing one', async () => {
    expect(await verify(await sign({ ...good, iss: 'x' }), { issuer: 'me' })).toMatchObject({ rule: 'iss' })
    expect(await verify(await sign({ ...good, aud: 'x' }), { audience: 'you' })).toMatchObject({ rule: 'aud' })
    expect(await verify(await sign(good), { audience: 'you' })).toMatchObject({ rule: 'missing aud' })
    expect(await verify(await sign(good), { issuer: 'me' })).toMatchObject({ rule: 'missing iss' })
    expect(await verify(await sign({ ...good, aud: ['we', 'you'] }), { audience: 'you' })).toMatchObject({ ok: true })
  })

  it('accepts the types of client tokens and no others', async () => {
    expect(await verify(await sign(good, { typ: 'at+jwt' }))).toMatchObject({ ok: true })
    expect(await verify(await sign(good, { typ: 'dpop+jwt' }))).toMatchObject({ rule: 'typ' })
  })

  it('refuses a signature that is cut off, too long, empty or for other claims', async () => {
    const [header, payload, signature] = (await sign(good)).split('.')
    for (const given of ['', signature?.slice(0, -4), `${signature}AAAA`]) {
      expect(await verify(`${header}.${payload}.${given}`)).toMatchObject({ rule: 'signature' })
    }
    expect(await verify(`${header}.${encode({ ...good, sub: 'root' })}.${signature}`)).toMatchObject({
      rule: 'signature',
    })
    expect(await verify(`${header}.${payload}.${signature}=`)).toMatchObject({ rule: 'malformed' })
  })

  it('refuses a payload that is not an object even if its signature is valid', async () => {
    const { createHmac } = await import('node:crypto')
    for (const text of ['[1]', '"x"', 'null', '{', '']) {
      const input = `${encode({ alg: 'HS256' })}.${Buffer.from(text).toString('base64url')}`
      const jws = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
      expect(await verify(jws)).toMatchObject({ ok: false, rule: 'malformed' })
    }
  })

  it('refuses a signature by another key', async () => {
    const other = new TextEncoder().encode('another secret of thirty-two byte')
    expect(await verify(await sign(good, {}, other))).toMatchObject({ reason: 'bad_token', rule: 'signature' })
  })

  it('[I-1] never lets the header choose the algorithm', async () => {
    const none = `${encode({ alg: 'none' })}.${encode(good)}.`
    expect(await verify(none)).toMatchObject({ rule: 'algorithm not allowed' })
    expect(await verify(`${encode({ alg: 'None' })}.${encode(good)}.AA`)).toMatchObject({
      rule: 'algorithm not allowed',
    })
    const long = new TextEncoder().encode('0'.repeat(64))
    expect(await verify(await sign(good, { alg: 'HS512' }, long))).toMatchObject({ rule: 'algorithm not allowed' })
    const both = { algorithms: ['HS256', 'HS512'], secret: long }
    expect(await verify(await sign(good, { alg: 'HS512' }, long), both)).toMatchObject({ ok: true })
  })

  it('refuses encrypted, oversized and malformed tokens before any cryptography', async () => {
    const jwe = await new EncryptJWT(good).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(secret)
    expect(await verify(jwe)).toMatchObject({ rule: 'encrypted tokens are refused' })
    expect(await verify(`${'a'.repeat(8_192)}.b.c`)).toMatchObject({ rule: 'longer than 8192 bytes' })
    for (const text of [
      '',
      '.',
      '..',
      'a.b',
      'a.b.c',
      'a.b.c.d',
      '\u0000.\u0000.\u0000',
      `${encode({ alg: 'HS256', crit: ['x'], x: 1 })}.${encode(good)}.AA`,
    ]) {
      expect(await verify(text)).toEqual({ ok: false, reason: 'bad_token', rule: 'malformed' })
    }
  })

  it('[O-4] accepts a token of 8 KiB and none that is longer', async () => {
    const sized = async (bytes: number): Promise<string> => {
      const bare = JSON.stringify({ ...good, pad: '' }).length
      return sign({ ...good, pad: 'x'.repeat(bytes - bare) })
    }
    const [longest, longer] = [await sized(6_095), await sized(6_096)]
    expect([longest.length, longer.length]).toEqual([8_192, 8_193])
    expect(await verify(longest)).toMatchObject({ ok: true })
    expect(await verify(longer)).toEqual({ ok: false, reason: 'bad_token', rule: 'longer than 8192 bytes' })
  })

  it('never repeats a part of the token', async () => {
    const canary = 'canary-7c1f'
    const tokens = [
      await sign({ ...good, sub: canary, iss: canary, aud: canary, rooms: { [`${canary} `]: [canary] } }),
      `${encode({ alg: canary, typ: canary, kid: canary })}.${encode({ [canary]: 1 })}.${canary}`,
      canary,
    ]
    for (const token of tokens) {
      expect(JSON.stringify(await verify(token, { issuer: 'me' }))).not.toContain(canary)
      expect(JSON.stringify(await verify(token))).not.toContain(canary)
    }
  })
})

describe('JoseTokenVerifier with a key set', () => {
  const asymmetric = { secret: null, algorithms: ['ES256'] }

  const keyFile = async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-jwks-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    const jwks = join(folder, 'jwks.json')
    writeFileSync(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] }))
    const token = (kid: string) => new SignJWT(good).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
    return { jwks, token, publicKey }
  }

  it('checks against keys of a file and refuses unknown ones', async () => {
    const { jwks, token } = await keyFile()
    expect(await verify(await token('one'), { ...asymmetric, jwks })).toMatchObject({ ok: true })
    expect(await verify(await token('two'), { ...asymmetric, jwks })).toMatchObject({ rule: 'unknown key' })
  })

  it('[I-1] never uses a public key as a shared secret', async () => {
    const { jwks, publicKey } = await keyFile()
    const forged = await sign(good, { kid: 'one' }, new TextEncoder().encode(await exportSPKI(publicKey)))
    expect(await verify(forged, { ...asymmetric, jwks })).toMatchObject({ ok: false, rule: 'algorithm not allowed' })
  })

  it('fetches keys from a URL and says auth_backend_error if they cannot be read', async () => {
    const { jwks, token } = await keyFile()
    const { readFileSync } = await import('node:fs')
    let status = 200
    const server = createServer((_request, response) => response.writeHead(status).end(readFileSync(jwks)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
    expect(await verify(await token('one'), { ...asymmetric, jwks: url })).toMatchObject({ ok: true })
    status = 500
    const verifier = JoseTokenVerifier.open({ ...settings, ...asymmetric, jwks: url }, clock)
    const unreadable = { ok: false, reason: 'auth_backend_error', rule: 'key set unreadable' }
    expect(await verifier.verify(await token('one'))).toEqual(unreadable)
    expect(await verifier.verify(await token('one'))).toEqual(unreadable)
  })
})

describe('token settings', () => {
  it.each<[string, Partial<TokenSettings>, RegExp]>([
    ['no key', { secret: null }, /exactly one of JWT_SECRET and JWT_JWKS/],
    ['two kinds of key', { jwks: 'x' }, /exactly one of JWT_SECRET and JWT_JWKS/],
    ['a short secret', { secret: new Uint8Array(31) }, /JWT_SECRET has 31 bytes/],
    ['an asymmetric algorithm with a secret', { algorithms: ['RS256'] }, /JWT_ALGORITHMS names RS256/],
    ['a symmetric algorithm with a key set', { secret: null, jwks: 'x', algorithms: ['HS256'] }, /names HS256/],
    ['none', { algorithms: ['none'] }, /names none/],
    ['a missing key file', { secret: null, jwks: '/nowhere/jwks.json' }, /JWT_JWKS names \/nowhere/],
    ['plain http elsewhere', { secret: null, jwks: 'http://keys.example/jwks' }, /https only/],
  ])('are refused with %s', (_name, changes, message) => {
    expect(() => JoseTokenVerifier.open({ ...settings, ...changes }, clock)).toThrow(message)
  })

  it('cannot mint if only public keys are known', async () => {
    const order = { subject: 'a', rooms: {}, lifetimeMs: 1000, nowMs: NOW_MS }
    await expect(mintToken({ ...settings, secret: null, jwks: 'x' }, order)).rejects.toThrow(/only its issuer/)
  })
})
