import type { Request } from '@gatehouse/protocol'
import type { Connection } from '../realtime/connections/connection.js'
import type { Grant } from '../realtime/rights/grant.js'
import { RATE_MESSAGE } from './charge-rate.js'
import type { EdgeContext } from './edge-context.js'

/** Frames that can be served in the turn in which they arrive. */
export type DataRequest = Extract<Request, { event: 'publish' | 'ack' | 'ping' }>

/** Serves a frame of the data lane, if the rate allows it. The core answers. `grant` is that of a publish. */
export function serveData(
  request: DataRequest,
  connection: Connection,
  grant: Grant | undefined,
  { hub }: EdgeContext,
): void {
  const retryAfterMs = hub.limiter.take(connection, 1)
  if (retryAfterMs > 0) {
    hub.replier.fail(connection, request.id, { code: 'rate_limited', message: RATE_MESSAGE, retryAfterMs })
    return
  }
  switch (request.event) {
    case 'publish':
      hub.publisher.publish(connection, request.data, request.id, grant)
      break
    case 'ack':
      hub.receipts.ack(connection, request.data, request.id)
      break
    case 'ping':
      if (request.id !== undefined) hub.replier.reply(connection, request.id, {})
  }
}
