import { fileURLToPath } from 'node:url'

/** A self-signed certificate for localhost and its key: fixtures for tests, trusted by nobody (tls/README.md). */
export const tlsFixture = {
  cert: fileURLToPath(new URL('tls/localhost.cert.pem', import.meta.url)),
  key: fileURLToPath(new URL('tls/localhost.key.pem', import.meta.url)),
}
