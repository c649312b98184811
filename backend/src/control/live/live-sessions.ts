import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common'
import { SignInRepository, StoreUnavailable } from '../../store/repositories/index.js'
import type { Connection } from '../../realtime/connections/connection.js'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { RevokedKeys } from '../access/revoked-keys.js'
import type { ControlLog } from '../ports/control-log.js'
import type { ControlHub } from './control-hub.js'
import type { ViewerTokens } from './viewer-tokens.js'

/** How often the node checks for sign-ins that ended elsewhere or idled out. */
const LOOK_MS = 30_000

const MOST_LISTED = 500
/** Dashboards come back as soon as the node does. */
const RETRY_AFTER_MS = 1_000

/** Ends a dashboard's socket when its sign-in or API key ends. */
export class LiveSessions implements OnApplicationBootstrap, OnModuleDestroy {
  #stop: Cancel | null = null

  constructor(
    private readonly hub: ControlHub,
    private readonly tokens: ViewerTokens,
    private readonly signIns: SignInRepository,
    private readonly revokedKeys: RevokedKeys,
    private readonly clock: Clock,
    private readonly log: ControlLog,
  ) {}

  onApplicationBootstrap(): void {
    this.revokedKeys.listen((callerId) => this.#end((_session, id) => id === callerId))
    this.signIns.onEnded((ids) => this.#end((session) => session !== null && ids.includes(session)))
    this.#stop ??= this.clock.every(LOOK_MS, () => {
      this.#look().catch((error: unknown) => this.log.failed('sign-ins could not be checked', { error }))
    })
  }

  onModuleDestroy(): void {
    this.#stop?.()
    this.#stop = null
  }

  /** Called when the node stops: tells every dashboard to reconnect. Resolves when all are closed. */
  async endAll(): Promise<void> {
    await Promise.all(
      [...this.hub.connections.values()].map((connection) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.hub.closer.disconnect(
          connection,
          'server_shutdown',
          { retryAfterMs: RETRY_AFTER_MS },
          { closeTimeoutMs: RETRY_AFTER_MS, done: () => resolve() },
        )
        return promise
      }),
    )
  }

  async #look(): Promise<void> {
    if (this.hub.connections.size === 0) return
    try {
      const living = new Set((await this.signIns.list()).map(({ id }) => id))
      // The list is truncated there: a sign-in that is not on it may still be valid.
      if (living.size >= MOST_LISTED) return
      this.#end((session) => session !== null && !living.has(session))
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }

  #end(isOver: (session: string | null, callerId: string) => boolean): void {
    const over: Connection[] = []
    for (const connection of this.hub.connections.values()) {
      const caller = this.tokens.callerOf(connection.token)
      if (caller !== undefined && isOver(caller.session?.id ?? null, caller.id)) over.push(connection)
    }
    for (const connection of over) this.hub.closer.disconnect(connection, 'auth_revoked', {})
  }
}
