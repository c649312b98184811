import { fileURLToPath } from 'node:url'

/** A certificate for localhost and its key, signed by itself: fixtures for tests, trusted by nobody (tls/README.md). */
export const tlsFixture = {
  cert: fileURLToPath(new URL('tls/localhost.cert.pem', import.meta.url)),
  key: fileURLToPath(new URL('tls/localhost.key.pem', import.meta.url)),
}
