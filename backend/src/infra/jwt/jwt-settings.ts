import type { Config } from '../../config/config.js'
import { keptSecret } from '../../config/secrets.js'
import type { TokenSettings } from './token-settings.js'

/** The keys of clients' tokens: those configured, else the secret in DATA_DIR, created at its first use. */
export function jwtSettingsOf(config: Pick<Config, 'dataDir' | 'jwt'>): TokenSettings {
  const { secret, jwks, algorithms, issuer, audience } = config.jwt
  const text = secret ?? (jwks === undefined ? keptSecret(config.dataDir, 'jwt-secret') : null)
  return {
    secret: text === null ? null : new TextEncoder().encode(text),
    jwks: jwks ?? null,
    algorithms,
    issuer: issuer ?? null,
    audience: audience ?? null,
  }
}
