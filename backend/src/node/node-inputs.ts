import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { jwtSettingsOf } from '../infra/jwt/jwt-settings.js'
import type { Config } from '../config/config.js'
import { readRoomTypes } from '../config/room-types.js'
import { StartRefusal } from '../config/start-refusal.js'
import { gatewayDefaults, type GatewaySettings } from '../gateway/gateway-settings.js'
import { JoseTokenVerifier } from '../infra/jwt/jose-token-verifier.js'
import { SystemClock } from '../infra/system-clock.js'

/** What a node reads from files before it starts anything. */
export type NodeInputs = ReturnType<typeof readInputs>

/** @throws StartRefusal if a certificate, a key or the room types' file cannot be used */
export function readInputs(config: Config) {
  const gatewaySettings = { ...readGatewaySettings(config), tls: readTls(config) }
  const roomTypes = readRoomTypes(config.roomTypesFile)
  const tokenSettings = jwtSettingsOf(config)
  // Opened only to check the settings: an unusable key must be refused before PostgreSQL starts.
  refusing(() => JoseTokenVerifier.open(tokenSettings, new SystemClock()))
  return { gatewaySettings, roomTypes, tokenSettings }
}

function readGatewaySettings(config: Config): GatewaySettings {
  const { gateway, limits } = config
  return {
    ...gatewayDefaults,
    host: gateway.host,
    port: gateway.port,
    trustProxy: config.trustProxy,
    queryToken: gateway.queryToken,
    tokenCookie:
      gateway.tokenCookie === undefined ? null : { name: gateway.tokenCookie, origins: gateway.allowedOrigins ?? [] },
    maxFrameBytes: limits.maxFrameBytes,
    maxFragments: limits.maxFragments,
    maxBufferedChunks: limits.maxBufferedChunks,
    unfinishedMessageMs: limits.unfinishedMessageMs,
  }
}

/** The certificate and key of both listeners, or null for plain ones. */
function readTls(config: Pick<Config, 'tls'>): { readonly cert: Buffer; readonly key: Buffer } | null {
  if (config.tls === null) return null
  const { certFile, keyFile } = config.tls
  const cert = readPem('TLS_CERT', certFile)
  const key = readPem('TLS_KEY', keyFile)
  fitting(`TLS_CERT ${certFile} does not contain a certificate in PEM form. Set it to the file with the chain.`, () =>
    createSecureContext({ cert }),
  )
  fitting(
    `TLS_KEY ${keyFile} does not contain a private key in PEM form that matches TLS_CERT. Set both to one pair.`,
    () => createSecureContext({ cert, key }),
  )
  return { cert, key }
}

function readPem(name: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new StartRefusal(`${name} ${file} cannot be read (${code}). Set it to a PEM file this account can read.`, {
      cause,
    })
  }
}

function fitting(refusal: string, make: () => unknown): void {
  try {
    make()
  } catch (cause) {
    throw new StartRefusal(refusal, { cause })
  }
}

/** Turns an error into a refusal to start, so that it is printed as one line and not as a crash. */
function refusing(make: () => unknown): void {
  try {
    make()
  } catch (cause) {
    throw new StartRefusal(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
