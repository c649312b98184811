import { Connection } from './connection.js'
import type { ConnectOptions } from './options.js'

/**
 * Opens a connection that lasts: `const c = connect({ url, getToken })`, then `await c.join('chat:lobby', { onMessage })`
 * or `for await (const message of c.room('chat:lobby'))`. Returns at once; requests wait until it is open.
 */
export function connect<Rooms extends object = Record<string, unknown>>(options: ConnectOptions): Connection<Rooms> {
  return new Connection<Rooms>(options)
}
