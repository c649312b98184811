import { isAbsolute } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig, type Config } from './config.js'
import { StartRefusal } from './start-refusal.js'

const machine = { openFileLimit: 20_000 }
const goodSecret = 'Zk3vQ9xT1mB7rW5nL2pY8cJ6hD4gS0fA'

const load = (env: Record<string, string | undefined> = {}): Config => loadConfig(env, machine)

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    load(env)
  } catch (error) {
    if (error instanceof StartRefusal) return error.problems
    throw error
  }
  return []
}

describe('loadConfig', () => {
  it('gives the documented defaults for an empty environment', () => {
    const config = load()
    expect(config).toMatchObject({
      environment: 'development',
      nodeId: undefined,
      tls: null,
      trustProxy: [],
      gateway: {
        host: '127.0.0.1',
        port: 8080,
        queryToken: false,
        tokenCookie: undefined,
        apiKeyAuth: false,
        firstFrameAuth: true,
        allowedOrigins: null,
        idleTimeoutMs: null,
        maxLifetimeMs: null,
      },
      control: { host: '127.0.0.1', port: 8081, adminKey: undefined },
      jwt: { secret: undefined, jwks: undefined, algorithms: ['HS256'] },
      store: { databaseUrl: undefined },
      limits: {
        maxConnections: 19_000,
        maxConnectionsPerIp: 1000,
        maxConnectionsPerUser: 20,
        connectRatePerIp: 200,
        messageRate: 50,
        messageBurst: 100,
        byteRate: 4_194_304,
        maxRoomsPerConnection: 128,
        maxFrameBytes: 65_536,
        maxFragments: 64,
        maxBufferedChunks: 256,
        unfinishedMessageMs: 10_000,
      },
      drain: { graceMs: 25_000 },
      records: { ip: 'full', retentionMs: 604_800_000 },
      log: { level: 'info' },
    })
    expect(isAbsolute(config.dataDir)).toBe(true)
  })

  it('is frozen deeply', () => {
    const config = load()
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.limits)).toBe(true)
    expect(Object.isFrozen(config.jwt.algorithms)).toBe(true)
  })

  it('reads durations, rates, lists, ranges and switches', () => {
    const config = load({
      DRAIN_GRACE: '2m',
      IDLE_TIMEOUT: '1500ms',
      CONNECT_RATE_PER_IP: '120/m',
      MESSAGE_RATE: '0',
      ALLOWED_ORIGINS: 'https://a.example.com, http://localhost:5173',
      TRUST_PROXY: '10.1.0.0/16,loopback,2001:db8::1',
      FIRST_FRAME_AUTH: 'off',
    })
    expect(config.drain.graceMs).toBe(120_000)
    expect(config.gateway.idleTimeoutMs).toBe(1_500)
    expect(config.limits.connectRatePerIp).toBe(2)
    expect(config.limits.messageRate).toBeNull()
    expect(config.gateway.allowedOrigins).toEqual(['https://a.example.com', 'http://localhost:5173'])
    expect(config.trustProxy).toEqual([
      ['10.1.0.0', 16],
      ['127.0.0.0', 8],
      ['::1', 128],
      ['2001:db8::1', 128],
    ])
    expect(config.gateway.firstFrameAuth).toBe(false)
  })

  it.each<[string, number | null]>([
    ['256KiB/s', 262_144],
    ['3MiB/s', 3_145_728],
    ['900B/s', 900],
    ['0', null],
  ])('reads %s as a rate of bytes', (value, expected) => {
    expect(load({ BYTE_RATE: value }).limits.byteRate).toBe(expected)
  })

  it.each(['256', '256KiB', '1KB/s', '1kib/s', '-1B/s', '1.5MiB/s', '1MiB/m', '9999999999B/s'])(
    'refuses %s as a rate of bytes',
    (value) => {
      expect(problemsOf({ BYTE_RATE: value })).toEqual([expect.stringMatching(/^BYTE_RATE is .*256KiB\/s/)])
    },
  )

  it('treats an empty variable as absent', () => {
    expect(load({ DATABASE_URL: '', GATEWAY_PORT: ' ' })).toEqual(load())
  })

  it.each([
    [20_000, 19_000],
    [1_024, 512],
    [1, 1],
  ])('reserves some of %i open files for other uses than connections', (openFileLimit, expected) => {
    expect(loadConfig({}, { openFileLimit }).limits.maxConnections).toBe(expected)
  })

  it('reads 0 as no limit and any other value as the limit', () => {
    expect(load({ MAX_CONNECTIONS: '0' }).limits.maxConnections).toBeNull()
    expect(load({ MAX_CONNECTIONS: '7' }).limits.maxConnections).toBe(7)
  })

  it('counts as production only with NODE_ENV=production', () => {
    expect(load({ NODE_ENV: 'production' }).environment).toBe('production')
    expect(load({ NODE_ENV: 'staging' }).environment).toBe('development')
  })

  it('reports every problem at once, each with the variable, its value and what it must be', () => {
    const problems = problemsOf({ GATEWAY_PORT: '80x', LOG_LEVEL: 'loud', DRAIN_GRACE: '25', TLS_CERT: '/c.pem' })
    expect(problems).toEqual([
      'GATEWAY_PORT is "80x": it must be a port from 0 to 65535; 0 picks a free one.',
      expect.stringMatching(/^DRAIN_GRACE is "25": it must be a duration from 1s to 1h/),
      expect.stringMatching(/^LOG_LEVEL is "loud": it must be one of fatal, error/),
      expect.stringMatching(/^TLS_CERT is set without TLS_KEY/),
    ])
    for (const problem of problems) expect(problem).not.toContain('\n')
  })

  it.each(['0', '4294967296', '3221225472', '2147483648', '-1', '1e3', '65536.5', '0x10'])(
    'refuses a frame limit of %s, which the WebSocket library would read as no limit',
    (value) => {
      expect(problemsOf({ MAX_FRAME_BYTES: value })).toHaveLength(1)
    },
  )

  it.each([
    ['JWT_SECRET', 'short'],
    ['JWT_SECRET', 'your-256-bit-secret-your-256-bit-secret'],
    ['JWT_SECRET', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['GATEHOUSE_ADMIN_KEY', 'change-me-change-me-change-me-change-me'],
    ['DATABASE_URL', 'mysql://root:hunter2@db/x'],
  ])('refuses %s = %s without showing it', (name, value) => {
    const [problem, ...others] = problemsOf({ [name]: value })
    expect(others).toEqual([])
    expect(problem).toMatch(new RegExp(`^${name} is not usable`))
    expect(problem).not.toContain(value)
  })

  it.each(['null', 'https://a.example.com/', 'a.example.com', 'https://a.example.com/path', '*', 'ftp://a'])(
    'refuses %s as an origin',
    (value) => {
      expect(problemsOf({ ALLOWED_ORIGINS: value })).toHaveLength(1)
    },
  )

  const redis = 'redis://127.0.0.1'
  const database = 'postgres://db/gatehouse'
  it.each<[string, Record<string, string>, RegExp]>([
    [
      'Redis',
      { REDIS_URL: redis, DATABASE_URL: database },
      /^REDIS_URL is not supported by this version: .*Unset REDIS_URL/,
    ],
    [
      'any other value of REDIS_URL',
      { REDIS_URL: 'hunter2' },
      /^REDIS_URL is not supported by this version(?!.*hunter2)/,
    ],
    ['two sources of keys', { JWT_SECRET: goodSecret, JWT_JWKS: 'keys.json' }, /^JWT_SECRET and JWT_JWKS/],
    ['HS256 with public keys', { JWT_JWKS: 'keys.json', JWT_ALGORITHMS: 'HS256' }, /^JWT_ALGORITHMS names HS256/],
    ['RS256 with a shared secret', { JWT_ALGORITHMS: 'HS256,RS256' }, /^JWT_ALGORITHMS names RS256/],
    ['a cookie from any page', { TOKEN_COOKIE: 'session' }, /^TOKEN_COOKIE is set without ALLOWED_ORIGINS.*unset/],
    ['a cookie with an empty list', { TOKEN_COOKIE: 'session', ALLOWED_ORIGINS: ',' }, /^TOKEN_COOKIE is set without/],
    ['a cookie with no name', { TOKEN_COOKIE: 'a=b', ALLOWED_ORIGINS: 'https://a.example' }, /^TOKEN_COOKIE is "a=b"/],
    ['a key without a certificate', { TLS_KEY: '/k.pem' }, /^TLS_KEY is set without TLS_CERT/],
    ['one port for both', { GATEWAY_PORT: '9000', CONTROL_PORT: '9000' }, /^GATEWAY_PORT and CONTROL_PORT/],
    [
      'a public plain listener in production',
      { NODE_ENV: 'production', GATEWAY_HOST: '0.0.0.0' },
      /^GATEWAY_HOST is 0\.0\.0\.0 in production.*TLS_CERT.*TRUST_PROXY/,
    ],
  ])('refuses %s in one line with the cure', (_, env, expected) => {
    const problems = problemsOf(env)
    expect(problems).toEqual([expect.stringMatching(expected)])
  })

  it.each([{ TRUST_PROXY: 'private' }, { TLS_CERT: '/c.pem', TLS_KEY: '/k.pem' }])(
    'accepts a public listener in production with %o',
    (cure) => {
      expect(problemsOf({ NODE_ENV: 'production', GATEWAY_HOST: '0.0.0.0', CONTROL_HOST: '::', ...cure })).toEqual([])
    },
  )

  it('does not report problems that only follow from another one', () => {
    const problems = problemsOf({ NODE_ENV: 'production', GATEWAY_HOST: '0.0.0.0', TRUST_PROXY: 'the proxy' })
    expect(problems).toEqual([expect.stringMatching(/^TRUST_PROXY is "the proxy"/)])
  })

  it('uses public-key algorithms with JWT_JWKS', () => {
    expect(load({ JWT_JWKS: 'https://id.example.com/jwks' }).jwt.algorithms).toEqual(['RS256', 'ES256', 'EdDSA'])
  })
})
