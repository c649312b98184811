import {
  PROTOCOL_VERSION,
  type CloseEvidence,
  type CloseReason,
  type ConnectData,
  type ConnectOk,
  type GivenRoom,
} from '@gatehouse/protocol'
import { failed, type Answer } from '../replies/answer.js'
import type { Closer } from '../connections/closer.js'
import type { Connection } from '../connections/connection.js'
import type { HubSettings } from '../ports/hub-settings.js'
import type { Memberships } from '../rooms/memberships.js'
import type { OwnRooms } from './own-rooms.js'
import { BANS_TRUSTED_MS, banEvidence, type BanList } from '../ports/ban-list.js'
import type { Clock } from '../ports/clock.js'
import type { RecordSink } from '../ports/record-sink.js'
import type { SessionStore } from '../ports/session-store.js'
import type { TokenVerdict, VerifiedToken } from '../ports/token-verifier.js'
import type { Registry } from '../connections/registry.js'
import type { Replier } from '../connections/replier.js'
import type { Superseding } from '../connections/superseding.js'

const BACKEND_RETRY_MS = 5_000

const closeReasonOf: Readonly<Record<string, CloseReason>> = {
  token_expired: 'auth_expired',
  token_revoked: 'auth_revoked',
  bad_token: 'auth_failed',
}

export interface AuthenticatorParts {
  readonly clock: Clock
  readonly bans: BanList
  readonly sessions: SessionStore
  readonly records: RecordSink
  readonly settings: HubSettings
  readonly registry: Registry
  readonly closer: Closer
  readonly replier: Replier
  readonly superseding: Superseding
  readonly memberships: Memberships
  readonly ownRooms: OwnRooms
}

/** Who a connection is: its token, its session, and changes of either. */
export class Authenticator {
  readonly #parts: AuthenticatorParts

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts
  }

  /** A connection that authenticated by its opening: it gets a session and is told so by `connected`. */
  welcome(c: Connection, token: VerifiedToken): void {
    this.#accept(c, token)
    // If it sends `connect` before we are done, that is answered instead.
    const isWanted = (): boolean => !c.identity.hasConnected
    this.#claim(c, undefined, (session) => {
      if (session === null) return
      this.#parts.ownRooms.join(c, undefined, isWanted, (rooms) => {
        if (isWanted()) this.#parts.replier.push(c, { event: 'connected', ...this.#told(c, session, rooms) })
      })
    })
  }

  /** The `connect` frame. A null verdict: it held no token, because the opening did. Failures close the connection. */
  authenticate(
    c: Connection,
    verdict: TokenVerdict | null,
    data: ConnectData,
    done: (answer: Answer<ConnectOk>) => void,
  ): void {
    if (c.closing !== null || c.identity.hasConnected) {
      done(failed('bad_request', 'the connection has already sent connect'))
      return
    }
    const token = this.#tokenIn(c, verdict, done)
    if (token === null) return
    const isOurs = this.#holderOf(token.subject, data.session) !== undefined
    if (c.user === null) {
      const { maxConnectionsPerUser: most } = this.#parts.settings
      const value = this.#parts.registry.countOfUser(token.subject)
      if (most > 0 && value >= most && !isOurs) {
        this.#fail(c, 'user_limit', { limit: most, value: value + 1 }, done)
        return
      }
      this.#accept(c, token)
    } else if (c.user === token.subject) c.identity.renew(token)
    else {
      this.#fail(c, 'auth_failed', { rule: 'another subject than the opening request' }, done)
      return
    }
    c.identity.introduce(data.client, data.labels)
    const greet = (session: string | null): void => {
      if (session === null) done(failed('unavailable', 'the connection has closed'))
      else
        this.#parts.ownRooms.join(
          c,
          data.since,
          () => true,
          (rooms) => done({ ok: this.#told(c, session, rooms) }),
        )
    }
    if (c.session !== null && data.session === undefined) greet(c.session)
    else this.#claim(c, data.session, greet)
  }

  /** A new token for the same user: its grants replace the old ones. */
  refresh(c: Connection, verdict: TokenVerdict, done: (answer: Answer<{ expiresAt: number }>) => void): void {
    if (c.state !== 'open' || c.user === null) {
      done(failed('not_authenticated', 'send connect before refresh'))
      return
    }
    if (!verdict.ok) {
      if (verdict.reason === 'auth_backend_error')
        done(failed('unavailable', 'tokens cannot be checked now', BACKEND_RETRY_MS))
      else done(failed('not_authenticated', `the new token was refused: ${verdict.rule}`))
      if (verdict.reason === 'token_revoked') this.#parts.closer.disconnect(c, 'auth_revoked', {})
      return
    }
    if (verdict.token.subject !== c.user) {
      done(failed('forbidden', 'the new token belongs to another user'))
      return
    }
    const ban = this.#parts.bans.user(verdict.token.subject)
    if (ban !== undefined) {
      this.#fail(c, 'banned', banEvidence(ban), done)
      return
    }
    c.identity.renew(verdict.token)
    c.note(this.#parts.clock.wallMs(), 'refreshed', null)
    this.#parts.memberships.recheck(c, 'policy_changed')
    done({ ok: { expiresAt: verdict.token.expiresAt } })
  }

  #tokenIn(
    c: Connection,
    verdict: TokenVerdict | null,
    done: (answer: Answer<ConnectOk>) => void,
  ): VerifiedToken | null {
    const token = verdict === null ? c.token : verdict.ok ? verdict.token : null
    if (verdict !== null && !verdict.ok && verdict.reason === 'auth_backend_error') {
      done(failed('unavailable', 'tokens cannot be checked now', BACKEND_RETRY_MS))
      return null
    }
    if (token === null) {
      const [reason, rule] =
        verdict === null || verdict.ok
          ? (['auth_failed', 'no token'] as const)
          : [closeReasonOf[verdict.reason] ?? 'auth_failed', verdict.rule]
      this.#fail(c, reason, { rule }, done)
      return null
    }
    if (token.expiresAt <= this.#parts.clock.wallMs()) {
      this.#fail(c, 'auth_expired', { expiresAt: token.expiresAt }, done)
      return null
    }
    if (this.#parts.bans.ageMs() > BANS_TRUSTED_MS) {
      done(failed('unavailable', 'the bans could not be read for too long', BACKEND_RETRY_MS))
      return null
    }
    const ban = this.#parts.bans.user(token.subject)
    if (ban === undefined) return token
    this.#fail(c, 'banned', banEvidence(ban), done)
    return null
  }

  #accept(c: Connection, token: VerifiedToken): void {
    const { clock, registry } = this.#parts
    if (c.state === 'authenticating') registry.authenticating -= 1
    c.identity.accept(token, clock.wallMs())
    registry.identify(c)
  }

  /** Gives the session that the connection has from now on, or null where the connection is closing. */
  #claim(c: Connection, session: string | undefined, done: (session: string | null) => void): void {
    const subject = c.user ?? ''
    const given = c.session
    this.#parts.sessions.claim(session, subject, c.id, (claimed) => {
      if (c.closing !== null) {
        const older = claimed.previous === null ? undefined : this.#parts.registry.connections.get(claimed.previous)
        if (older?.session === claimed.id && older.closing === null) this.#parts.superseding.restore(older)
        else this.#parts.sessions.release(claimed.id, c.id)
        done(null)
        return
      }
      if (given !== null && given !== claimed.id) this.#parts.sessions.release(given, c.id)
      c.identity.hold(claimed.id, session === claimed.id)
      this.#take(c, claimed.previous)
      done(claimed.id)
    })
  }

  /** Another connection held the session before. */
  #take(c: Connection, previous: string | null): void {
    if (previous === null || previous === c.id) return
    const older = this.#parts.registry.connections.get(previous)
    if (older !== undefined && older.user === c.user) this.#parts.superseding.begin(older, c)
    else this.#parts.records.reconnected(previous, c.id)
  }

  #holderOf(subject: string, session: string | undefined): Connection | undefined {
    if (session === undefined) return undefined
    for (const c of this.#parts.registry.of(subject)) if (c.session === session) return c
    return undefined
  }

  #fail(
    c: Connection,
    reason: CloseReason,
    evidence: CloseEvidence,
    done: (answer: { readonly error: ReturnType<typeof failed>['error'] }) => void,
  ): void {
    done(
      failed(reason === 'banned' || reason === 'user_limit' ? 'forbidden' : 'not_authenticated', `closing: ${reason}`),
    )
    this.#parts.closer.disconnect(c, reason, evidence)
  }

  #told(c: Connection, session: string, rooms: readonly GivenRoom[]): ConnectOk {
    const { clock, settings } = this.#parts
    c.identity.greet()
    return {
      protocol: PROTOCOL_VERSION,
      connection: c.id,
      session,
      node: settings.nodeId,
      serverTime: clock.wallMs(),
      expiresAt: c.token?.expiresAt ?? 0,
      pingMs: settings.pingMs,
      idleMs: settings.idleTimeoutMs,
      limits: {
        frameBytes: settings.maxFrameBytes,
        rooms: settings.maxRoomsPerConnection,
        messagesPerSecond: settings.messageRate,
        messageBurst: settings.messageBurst,
        bytesPerSecond: settings.byteRate,
      },
      ...(rooms.length === 0 ? {} : { rooms }),
    }
  }
}
