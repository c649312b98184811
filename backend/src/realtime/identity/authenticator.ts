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
import type { HubPorts, HubSettings } from '../ports/hub-settings.js'
import type { Joiner } from '../rooms/joiner.js'
import type { OwnRooms } from './own-rooms.js'
import { BANS_TRUSTED_MS } from '../ports/ban-list.js'
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

/** Who a connection is: its token, its session, and the change of either. */
export class Authenticator {
  constructor(
    private readonly ports: HubPorts,
    private readonly settings: HubSettings,
    private readonly registry: Registry,
    private readonly closer: Closer,
    private readonly replier: Replier,
    private readonly joiner: Joiner,
    private readonly superseding: Superseding,
    private readonly ownRooms: OwnRooms,
  ) {}

  /** A connection that authenticated by its opening: it gets a session and is told so by `connected`. */
  welcome(c: Connection, token: VerifiedToken): void {
    this.accept(c, token)
    // Should it say `connect` before we are done, that is answered instead.
    const isWanted = (): boolean => !c.hasConnected
    this.claim(c, undefined, (session) => {
      if (session === null) return
      this.ownRooms.join(c, undefined, isWanted, (rooms) => {
        if (isWanted()) this.replier.push(c, { event: 'connected', ...this.told(c, session, rooms) })
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
    if (c.closing !== null || c.hasConnected) {
      done(failed('bad_request', 'the connection has connected already'))
      return
    }
    const token = this.tokenIn(c, verdict, done)
    if (token === null) return
    const isOurs = this.holderOf(token.subject, data.session) !== undefined
    if (c.user === null) {
      const { maxConnectionsPerUser: most } = this.settings
      const value = this.registry.countOfUser(token.subject)
      if (most > 0 && value >= most && !isOurs) {
        this.fail(c, 'user_limit', { limit: most, value: value + 1 }, done)
        return
      }
      this.accept(c, token)
    } else if (c.user === token.subject) c.token = token
    else {
      this.fail(c, 'auth_failed', { rule: 'another subject than the opening request' }, done)
      return
    }
    c.hasConnected = true
    if (data.client !== undefined) c.client = data.client
    if (data.labels !== undefined) c.labels = data.labels
    const greet = (session: string | null): void => {
      if (session === null) done(failed('unavailable', 'the connection has closed'))
      else
        this.ownRooms.join(
          c,
          data.since,
          () => true,
          (rooms) => done({ ok: this.told(c, session, rooms) }),
        )
    }
    if (c.session !== null && data.session === undefined) greet(c.session)
    else this.claim(c, data.session, greet)
  }

  /** A new token for the same user: its grants replace the old ones. */
  refresh(c: Connection, verdict: TokenVerdict, done: (answer: Answer<{ expiresAt: number }>) => void): void {
    if (c.state !== 'open' || c.user === null) {
      done(failed('not_authenticated', 'connect comes before refresh'))
      return
    }
    if (!verdict.ok) {
      if (verdict.reason === 'auth_backend_error')
        done(failed('unavailable', 'tokens cannot be checked now', BACKEND_RETRY_MS))
      else done(failed('not_authenticated', `the new token was refused: ${verdict.rule}`))
      if (verdict.reason === 'token_revoked') this.closer.disconnect(c, 'auth_revoked', {})
      return
    }
    if (verdict.token.subject !== c.user) {
      done(failed('forbidden', 'the new token belongs to another user'))
      return
    }
    const ban = this.ports.bans.user(verdict.token.subject)
    if (ban !== undefined) {
      this.fail(c, 'banned', banEvidence(ban), done)
      return
    }
    c.token = verdict.token
    this.closer.note(c, 'refreshed', null)
    this.joiner.recheck(c, 'policy_changed')
    done({ ok: { expiresAt: verdict.token.expiresAt } })
  }

  private tokenIn(
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
      this.fail(c, reason, { rule }, done)
      return null
    }
    if (token.expiresAt <= this.ports.clock.wallMs()) {
      this.fail(c, 'auth_expired', { expiresAt: token.expiresAt }, done)
      return null
    }
    if (this.ports.bans.ageMs() > BANS_TRUSTED_MS) {
      done(failed('unavailable', 'the bans could not be read for too long', BACKEND_RETRY_MS))
      return null
    }
    const ban = this.ports.bans.user(token.subject)
    if (ban === undefined) return token
    this.fail(c, 'banned', banEvidence(ban), done)
    return null
  }

  private accept(c: Connection, token: VerifiedToken): void {
    c.token = token
    // A service's publish keys count together with those it sends over REST.
    c.userKey = token.service === undefined ? `user:${token.subject}` : token.subject
    c.userBytesKey = `bytes:${c.userKey}`
    c.authenticatedAtMs = this.ports.clock.wallMs()
    if (c.state === 'authenticating') {
      this.registry.authenticating -= 1
      c.state = 'open'
    }
    this.registry.identify(c, token.subject)
  }

  /** Answers the session the connection has from now on, or null where it is over. */
  private claim(c: Connection, session: string | undefined, done: (session: string | null) => void): void {
    const subject = c.user ?? ''
    const given = c.session
    this.ports.sessions.claim(session, subject, c.id, (claimed) => {
      if (c.closing !== null) {
        const older = claimed.previous === null ? undefined : this.registry.connections.get(claimed.previous)
        if (older?.session === claimed.id && older.closing === null) this.superseding.restore(older)
        else this.ports.sessions.release(claimed.id, c.id)
        done(null)
        return
      }
      if (given !== null && given !== claimed.id) this.ports.sessions.release(given, c.id)
      c.session = claimed.id
      c.hasResumed = session === claimed.id
      this.take(c, claimed.previous)
      done(claimed.id)
    })
  }

  /** The session was another connection's before. */
  private take(c: Connection, previous: string | null): void {
    if (previous === null || previous === c.id) return
    const older = this.registry.connections.get(previous)
    if (older !== undefined && older.user === c.user) {
      older.successor = c.id
      if (older.closing === null) this.superseding.begin(older, c)
    } else this.ports.records.reconnected(previous, c.id)
  }

  private holderOf(subject: string, session: string | undefined): Connection | undefined {
    if (session === undefined) return undefined
    for (const c of this.registry.of(subject)) if (c.session === session) return c
    return undefined
  }

  private fail(
    c: Connection,
    reason: CloseReason,
    evidence: CloseEvidence,
    done: (answer: { readonly error: ReturnType<typeof failed>['error'] }) => void,
  ): void {
    done(
      failed(reason === 'banned' || reason === 'user_limit' ? 'forbidden' : 'not_authenticated', `closing: ${reason}`),
    )
    this.closer.disconnect(c, reason, evidence)
  }

  private told(c: Connection, session: string, rooms: readonly GivenRoom[]): ConnectOk {
    const { settings } = this
    c.isGreeted = true
    return {
      protocol: PROTOCOL_VERSION,
      connection: c.id,
      session,
      node: settings.nodeId,
      serverTime: this.ports.clock.wallMs(),
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

function banEvidence(ban: { id: string; expiresAt: number | null; message: string | null }): CloseEvidence {
  return {
    ban: ban.id,
    ...(ban.expiresAt === null ? {} : { expiresAt: ban.expiresAt }),
    ...(ban.message === null ? {} : { message: ban.message }),
  }
}
