import { z } from 'zod'
import * as kind from './value-kinds.js'
import { optional, variable } from './variable.js'

/** The signature algorithms that JWT_ALGORITHMS may name: HS256 for a shared secret, the others for public keys. */
const jwtAlgorithms = ['HS256', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const

/** Every variable that Gatehouse reads, in the order of README's table. */
export const environmentSchema = z.object({
  NODE_ENV: optional(kind.text, {
    whenAbsent: 'development',
    meaning:
      'With `production` there are no exceptions for loopback origins and addresses, and no public listener without TLS',
  }),
  GATEWAY_HOST: variable(kind.host, { default: '127.0.0.1', meaning: 'Where clients connect' }),
  GATEWAY_PORT: variable(kind.port, { default: '8080', meaning: 'Port for clients; 0 picks a free one' }),
  CONTROL_HOST: variable(kind.host, { default: '127.0.0.1', meaning: 'Where operators and services connect' }),
  CONTROL_PORT: variable(kind.port, {
    default: '8081',
    meaning: 'Port of the control room, the REST API and the metrics; 0 picks a free one',
  }),
  DATA_DIR: variable(kind.path, {
    default: './data',
    meaning: 'Folder of the embedded database, generated secrets and the node id',
  }),
  NODE_ID: optional(kind.nodeName, { whenAbsent: 'kept in DATA_DIR', meaning: 'Name of this node' }),
  GATEHOUSE_CONFIG: optional(kind.path, {
    whenAbsent: 'every room ephemeral',
    meaning: 'JSON file with the room types',
  }),
  DATABASE_URL: optional(kind.urlWith('postgres', 'postgresql'), {
    isSecret: true,
    whenAbsent: 'embedded PostgreSQL',
    meaning: 'PostgreSQL server; a session connection, not a transaction pool',
  }),
  REDIS_URL: optional(kind.text, {
    isSecret: true,
    whenAbsent: 'one node, its bus in memory',
    meaning: 'Not supported by this version: a start with it is refused, because one database serves one node',
  }),
  JWT_SECRET: optional(kind.secret, {
    isSecret: true,
    whenAbsent: 'generated in DATA_DIR',
    meaning: "Shared secret of the clients' tokens (HS256); not together with JWT_JWKS",
  }),
  JWT_JWKS: optional(kind.text, { meaning: "File or URL of the public keys of the clients' tokens" }),
  JWT_ALGORITHMS: optional(kind.listOf(kind.oneOf(...jwtAlgorithms)), {
    whenAbsent: 'HS256, or with JWT_JWKS RS256,ES256,EdDSA',
    meaning: 'Signature algorithms that are accepted, whatever the header of a token says',
  }),
  JWT_ISSUER: optional(kind.text, { whenAbsent: 'any', meaning: 'The `iss` that tokens must have' }),
  JWT_AUDIENCE: optional(kind.text, { whenAbsent: 'any', meaning: 'The `aud` that tokens must have' }),
  QUERY_TOKEN: variable(kind.flag, { default: 'off', meaning: 'Accept a token in the query string, `?token=`' }),
  TOKEN_COOKIE: optional(kind.cookieName, {
    meaning: 'Name of a cookie that may contain a token, only from pages of ALLOWED_ORIGINS, which must be set',
  }),
  API_KEY_AUTH: variable(kind.flag, {
    default: 'off',
    meaning: 'Accept API keys as tokens of connections, for devices and services; never GATEHOUSE_ADMIN_KEY',
  }),
  FIRST_FRAME_AUTH: variable(kind.flag, {
    default: 'on',
    meaning: 'Let clients connect without a token and send it in the first frame',
  }),
  ALLOWED_ORIGINS: optional(kind.listOf(kind.origin), {
    whenAbsent: 'loopback and the same host; in production none',
    meaning: 'Origins of the pages that may connect; requests without Origin are allowed, `null` never is',
  }),
  TRUST_PROXY: optional(kind.addressRanges, {
    whenAbsent: 'none',
    meaning: 'Proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted, such as 10.0.0.0/8, loopback or private',
  }),
  TLS_CERT: optional(kind.path, { meaning: 'PEM file with the certificate chain, for both ports' }),
  TLS_KEY: optional(kind.path, { meaning: 'PEM file with the private key' }),
  IDLE_TIMEOUT: variable(kind.durationOrNone, {
    default: '0',
    meaning: 'A connection without application frames is closed after this time; 0 for never',
  }),
  MAX_LIFETIME: variable(kind.durationOrNone, {
    default: '0',
    meaning: 'A connection is closed at this age; 0 for never',
  }),
  GATEHOUSE_ADMIN_KEY: optional(kind.secret, {
    isSecret: true,
    meaning: 'An API key with every right, for unattended set-ups',
  }),
  DRAIN_GRACE: variable(kind.duration('1s', '1h'), {
    default: '25s',
    meaning: 'How long a drain at SIGTERM may take; the stop timeout of the service must be longer',
  }),
  RECORD_IP: variable(kind.oneOf('full', 'prefix', 'none'), {
    default: 'full',
    meaning: 'How much of an address is kept in close and refusal records',
  }),
  RECORD_RETENTION: variable(kind.duration('1h', '24d'), {
    default: '7d',
    meaning: 'How long close and refusal records are kept',
  }),
  LOG_LEVEL: variable(kind.oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), {
    default: 'info',
    meaning: 'The lowest level of log lines that are written',
  }),
  MAX_CONNECTIONS: optional(kind.countOrNone, {
    whenAbsent: 'open-file limit - 1000, at least half of it',
    meaning: 'Connections on this node; 0 for no limit',
  }),
  MAX_CONNECTIONS_PER_IP: variable(kind.countOrNone, { default: '1000', meaning: 'Connections from one address' }),
  MAX_CONNECTIONS_PER_USER: variable(kind.countOrNone, { default: '20', meaning: 'Connections of one user' }),
  CONNECT_RATE_PER_IP: variable(kind.rateOrNone, { default: '200/s', meaning: 'Connection attempts from one address' }),
  MESSAGE_RATE: variable(kind.rateOrNone, {
    default: '50/s',
    meaning: 'Frames from one connection; five times that for one user and for one address',
  }),
  MESSAGE_BURST: variable(kind.count(), {
    default: '100',
    meaning: 'Frames that may arrive at once before the rate applies',
  }),
  BYTE_RATE: variable(kind.byteRateOrNone, {
    default: '4MiB/s',
    meaning:
      'Bytes in the frames from one connection; five times that for one user and for one address. The burst is one second of it, at least two frames of MAX_FRAME_BYTES',
  }),
  MAX_ROOMS_PER_CONNECTION: variable(kind.countOrNone, {
    default: '128',
    meaning: 'Rooms that one connection may join',
  }),
  ROOM_REST_ABOVE: variable(kind.share, {
    default: '0.5',
    meaning:
      'Load of the event loop, 0 to 1, above which wide rooms join more messages into a write: less CPU, later messages; 1 for never',
  }),
  HISTORY_BYTES: variable(kind.count(), {
    default: '268435456',
    meaning: 'Memory for the histories of all rooms together; above it the fullest are trimmed',
  }),
  MAX_FRAME_BYTES: variable(kind.count(), { default: '65536', meaning: 'Largest size of one message from a client' }),
})

/** The parsed values of the variables. */
export type Environment = z.output<typeof environmentSchema>
