import { refusedTogether } from './refused-together.js'
import { environmentSchema, type Environment } from './environment.js'
import { readOpenFileLimit } from './open-file-limit.js'
import { StartRefusal } from './start-refusal.js'
import { noteOf } from './variable.js'
import type { ProxyRange } from '../net/client-address.js'

/** The whole configuration of a node, frozen. In limits and durations `null` means none. */
export interface Config {
  readonly environment: 'production' | 'development'
  /** Absolute. */
  readonly dataDir: string
  /** From NODE_ID; `undefined`: the one kept in `dataDir`. */
  readonly nodeId: string | undefined
  /** Absolute path of the room types' file; `undefined`: the built-in type only. */
  readonly roomTypesFile: string | undefined
  /** For both listeners; `null`: plain. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null
  /** The proxies whose forwarding headers are trusted, on both listeners; empty: none. */
  readonly trustProxy: readonly ProxyRange[]
  readonly gateway: {
    readonly host: string
    readonly port: number
    readonly queryToken: boolean
    /** Name of the cookie that may hold a token; only with `allowedOrigins`. */
    readonly tokenCookie: string | undefined
    readonly apiKeyAuth: boolean
    readonly firstFrameAuth: boolean
    /** `null`: loopback and same-host origins outside production, none in production. */
    readonly allowedOrigins: readonly string[] | null
    readonly idleTimeoutMs: number | null
    readonly maxLifetimeMs: number | null
  }
  readonly control: {
    readonly host: string
    readonly port: number
    /** A secret. */
    readonly adminKey: string | undefined
  }
  readonly jwt: {
    /** A secret. If it and `jwks` are both `undefined`, the one generated in `dataDir` is used. */
    readonly secret: string | undefined
    /** Path or URL. */
    readonly jwks: string | undefined
    readonly algorithms: readonly string[]
    readonly issuer: string | undefined
    readonly audience: string | undefined
  }
  readonly store: {
    /** A secret; `undefined`: embedded PostgreSQL. */
    readonly databaseUrl: string | undefined
  }
  readonly limits: {
    readonly maxConnections: number | null
    readonly maxConnectionsPerIp: number | null
    readonly maxConnectionsPerUser: number | null
    readonly connectRatePerIp: number | null
    /** Frames per second. */
    readonly messageRate: number | null
    readonly messageBurst: number
    /** Bytes per second. */
    readonly byteRate: number | null
    readonly maxRoomsPerConnection: number | null
    /** 0 to 1, of the event loop's time. */
    readonly roomRestAbove: number
    /** All histories of the node together. */
    readonly historyBytes: number
    readonly maxFrameBytes: number
    readonly maxFragments: number
    readonly maxBufferedChunks: number
    readonly unfinishedMessageMs: number
  }
  readonly drain: { readonly graceMs: number }
  readonly records: { readonly ip: 'full' | 'prefix' | 'none'; readonly retentionMs: number }
  readonly log: { readonly level: Environment['LOG_LEVEL'] }
}

/** File descriptors reserved for the database, files and the control port. */
const RESERVED_FILES = 1_000

/** With the library's defaults tiny fragments can exhaust the heap; these limits are enough for any honest client. */
const fragmentLimits = { maxFragments: 64, maxBufferedChunks: 256, unfinishedMessageMs: 10_000 }

/** Facts about the machine that defaults depend on. */
export interface Machine {
  readonly openFileLimit: number
}

/**
 * Reads the whole configuration from `env` only. An empty variable counts as absent.
 *
 * @throws StartRefusal with every problem at once, one line each
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  machine: Machine = { openFileLimit: readOpenFileLimit() },
): Config {
  const { values, problems, unread } = readEnvironment(env)
  // A variable that could not be read is already reported; problems that follow from it would only distract.
  problems.push(...refusedTogether(values).filter((problem) => !unread.some((name) => problem.includes(name))))
  if (problems.length > 0) throw new StartRefusal(problems)
  return freeze(toConfig(values as Environment, machine))
}

function readEnvironment(env: Readonly<Record<string, string | undefined>>) {
  const values: Record<string, unknown> = {}
  const problems: string[] = []
  const unread: string[] = []
  for (const [name, schema] of Object.entries(environmentSchema.shape)) {
    const text = env[name]?.trim() === '' ? undefined : env[name]
    const read = schema.safeParse(text)
    if (read.success) values[name] = read.data
    else {
      unread.push(name)
      const shown = noteOf(schema).isSecret ? 'is not usable (value not shown)' : `is ${quote(text ?? '')}`
      problems.push(`${name} ${shown}: ${read.error.issues[0]?.message ?? 'it cannot be read'}.`)
    }
  }
  return { values: values as Partial<Environment>, problems, unread }
}

function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
}

function toConfig(env: Environment, machine: Machine): Config {
  const isProduction = env.NODE_ENV === 'production'
  const fileLimit = machine.openFileLimit
  return {
    environment: isProduction ? 'production' : 'development',
    dataDir: env.DATA_DIR,
    nodeId: env.NODE_ID,
    roomTypesFile: env.GATEHOUSE_CONFIG,
    tls:
      env.TLS_CERT === undefined || env.TLS_KEY === undefined ? null : { certFile: env.TLS_CERT, keyFile: env.TLS_KEY },
    trustProxy: env.TRUST_PROXY ?? [],
    gateway: {
      host: env.GATEWAY_HOST,
      port: env.GATEWAY_PORT,
      queryToken: env.QUERY_TOKEN,
      tokenCookie: env.TOKEN_COOKIE,
      apiKeyAuth: env.API_KEY_AUTH,
      firstFrameAuth: env.FIRST_FRAME_AUTH,
      allowedOrigins: env.ALLOWED_ORIGINS ?? null,
      idleTimeoutMs: env.IDLE_TIMEOUT,
      maxLifetimeMs: env.MAX_LIFETIME,
    },
    control: { host: env.CONTROL_HOST, port: env.CONTROL_PORT, adminKey: env.GATEHOUSE_ADMIN_KEY },
    jwt: {
      secret: env.JWT_SECRET,
      jwks: env.JWT_JWKS,
      algorithms: env.JWT_ALGORITHMS ?? (env.JWT_JWKS === undefined ? ['HS256'] : ['RS256', 'ES256', 'EdDSA']),
      issuer: env.JWT_ISSUER,
      audience: env.JWT_AUDIENCE,
    },
    store: { databaseUrl: env.DATABASE_URL },
    limits: {
      maxConnections:
        env.MAX_CONNECTIONS === undefined
          ? Math.max(1, fileLimit - RESERVED_FILES, Math.floor(fileLimit / 2))
          : env.MAX_CONNECTIONS,
      maxConnectionsPerIp: env.MAX_CONNECTIONS_PER_IP,
      maxConnectionsPerUser: env.MAX_CONNECTIONS_PER_USER,
      connectRatePerIp: env.CONNECT_RATE_PER_IP,
      messageRate: env.MESSAGE_RATE,
      messageBurst: env.MESSAGE_BURST,
      byteRate: env.BYTE_RATE,
      maxRoomsPerConnection: env.MAX_ROOMS_PER_CONNECTION,
      roomRestAbove: env.ROOM_REST_ABOVE,
      historyBytes: env.HISTORY_BYTES,
      maxFrameBytes: env.MAX_FRAME_BYTES,
      ...fragmentLimits,
    },
    drain: { graceMs: env.DRAIN_GRACE },
    records: { ip: env.RECORD_IP, retentionMs: env.RECORD_RETENTION },
    log: { level: env.LOG_LEVEL },
  }
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner as object)
  return Object.freeze(value)
}
