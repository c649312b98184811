import type { Right } from '@gatehouse/protocol'
import type {
  DisconnectRequest,
  DisconnectResult,
  PublishManyResult,
  PublishResult,
  PublishTarget,
  TargetResult,
  TokenResult,
} from '@gatehouse/protocol/rest'
import { spelled } from '../codec.js'
import { RestError, restError } from './rest-error.js'

export interface GatehouseOptions {
  /** Address of the control port, such as `http://127.0.0.1:8081`. */
  readonly url: string
  /** An API key with the verbs used: `publish`, `connection.disconnect`, `token.mint`. */
  readonly apiKey: string
  /** How long a request may take, milliseconds; 10,000 by default. */
  readonly timeoutMs?: number
  readonly fetch?: typeof fetch
}

/** Where a message goes: to a room, to all connections of a user, or to one connection. */
export type Target = PublishTarget
export type { TargetResult }

export interface ServerPublishOptions {
  /** The same key within 5 min takes effect once; 1 to 64 characters. */
  readonly key?: string
}

export interface TokenFacts {
  /** The user. */
  readonly sub: string
  /** Rights by room pattern: `{ 'chat:*': ['join', 'publish'] }`. */
  readonly rooms: Readonly<Record<string, readonly Right[]>>
  /** What presence says about the user; at most 1 KiB as JSON. */
  readonly info?: Readonly<Record<string, unknown>>
  /** 10 s to 30 days; an hour by default. */
  readonly ttlSeconds?: number
}

/** What a service asks of a node over REST. Every call rejects with a `RestError`. */
export class Gatehouse {
  readonly #options: GatehouseOptions

  constructor(options: GatehouseOptions) {
    this.#options = options
  }

  /** Publishes to one room, or to many targets of any kind: each of those has a result of its own. */
  publish(room: string, data: unknown, options?: ServerPublishOptions): Promise<PublishResult>
  publish(targets: readonly Target[], data: unknown, options?: ServerPublishOptions): Promise<readonly TargetResult[]>
  async publish(
    to: string | readonly Target[],
    data: unknown,
    options: ServerPublishOptions = {},
  ): Promise<PublishResult | readonly TargetResult[]> {
    const { key } = options
    const body = key === undefined ? { data } : { data, key }
    if (data instanceof Uint8Array) {
      if (typeof to !== 'string') throw new TypeError('bytes go to one room at a time: publish(room, bytes)')
      return this.#post(`/v1/rooms/${encodeURIComponent(to)}/publish`, spelled(body))
    }
    if (typeof to === 'string') return this.#post(`/v1/rooms/${encodeURIComponent(to)}/publish`, body)
    const { results } = await this.#post<PublishManyResult>('/v1/publish', { to, ...body })
    return results
  }

  /** Ends one connection: after `kicked` the client stays away, after `force_reconnect` it may return. */
  disconnect(connection: string, request: DisconnectRequest): Promise<DisconnectResult> {
    return this.#post(`/v1/connections/${encodeURIComponent(connection)}/disconnect`, request)
  }

  /** A token for a client of this node; not where the node checks tokens with foreign keys (`foreign_keys`). */
  mintToken(facts: TokenFacts): Promise<TokenResult> {
    return this.#post('/v1/tokens', facts)
  }

  async #post<T>(path: string, body: object): Promise<T> {
    const { url, apiKey, timeoutMs = 10_000, fetch: request = fetch } = this.#options
    const response = await request(url.replace(/\/+$/, '') + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((cause: unknown) => {
      throw new RestError(0, 'unreachable', 'There was no answer; the request may have taken effect.', undefined, [], {
        cause,
      })
    })
    if (!response.ok) throw await restError(response)
    return (await response.json()) as T
  }
}

/** A node's REST API for services: `const g = gatehouse({ url, apiKey })`, then `await g.publish('news', data)`. */
export function gatehouse(options: GatehouseOptions): Gatehouse {
  return new Gatehouse(options)
}
