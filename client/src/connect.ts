import { Connection } from './connection.js'
import type { ConnectOptions } from './options.js'

/**
 * Opens a connection that lasts: `const c = connect({ url, getToken })`, then `await c.join('chat:lobby', { onMessage })`.
 * Answers at once; requests wait until it is open.
 */
export function connect(options: ConnectOptions): Connection {
  return new Connection(options)
}
