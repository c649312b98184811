import type { Connection } from './connection.js'
import { ParcelPerEncoding } from '../encoding/encoding.js'
import type { Clock } from '../ports/clock.js'
import type { Registry } from './registry.js'

/** A message to connections, not to a room. */
export interface DirectMessage {
  /** The payload as JSON text. */
  readonly data: string
  /** What `from` shows. */
  readonly service: string
}

/** Messages that no room numbers or keeps; each is one delivery for each connection that it goes to. */
export class DirectMessages {
  constructor(
    private readonly clock: Clock,
    private readonly registry: Registry,
  ) {}

  /** Sends to each open connection of the user, and to the newer one where two share a session. Returns how many. */
  toUser(user: string, message: DirectMessage): number {
    const hits = [...this.registry.of(user)].filter((c) => c.successor === null && takesPushes(c))
    return this.#send(hits, message)
  }

  /** Returns 1; 0 where the connection is not greeted yet or is closing; undefined where no such one is open. */
  toConnection(id: string, message: DirectMessage): 0 | 1 | undefined {
    const c = this.registry.connections.get(id)
    if (c === undefined) return undefined
    if (!takesPushes(c)) return 0
    this.#send([c], message)
    return 1
  }

  #send(connections: readonly Connection[], message: DirectMessage): number {
    if (connections.length === 0) return 0
    const { data, service } = message
    const text = `{"event":"message","data":${data},"from":${JSON.stringify({ service })}}`
    const nowMs = this.clock.nowMs()
    // No room's policy may drop it.
    const shared = new ParcelPerEncoding((encoding) => encoding.direct(text, nowMs))
    for (const c of connections) c.outbox.enqueue(shared.in(c.encoding))
    return connections.length
  }
}

function takesPushes(c: Connection): boolean {
  return c.identity.isGreeted && c.closing === null
}
