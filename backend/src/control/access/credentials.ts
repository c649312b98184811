import { Injectable } from '@nestjs/common'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { AuditTrail } from '../audit/audit-trail.js'
import { ControlSettings } from '../control-settings.js'
import { ProblemError } from '../http/problem.js'
import { ApiKeyRepository, SignInRepository } from '../../store/repositories/index.js'
import { Caller, environmentAdmin, keyCallerId, localAdmin, operatorRights } from './caller.js'
import { SessionCookie } from './session-cookie.js'

/** Longer than any valid key or cookie; longer ones are refused without hashing them. */
const LONGEST_SECRET = 512

/** Finds the caller of a request from its API key or cookie. */
@Injectable()
export class Credentials {
  readonly #adminKeys: readonly (readonly [digest: Buffer, caller: Caller])[]
  readonly #cookie: SessionCookie

  constructor(
    settings: ControlSettings,
    private readonly keys: ApiKeyRepository,
    private readonly signIns: SignInRepository,
    private readonly audit: AuditTrail,
  ) {
    this.#adminKeys = [
      ...(settings.adminKey === undefined ? [] : [[digest(settings.adminKey), environmentAdmin] as const]),
      ...(settings.localKey === undefined ? [] : [[digest(settings.localKey), localAdmin] as const]),
    ]
    this.#cookie = new SessionCookie(settings.clusterId)
  }

  /**
   * The caller; null without any credential. A key takes precedence over a cookie.
   *
   * @throws ProblemError 401 if the credential is not valid or no longer valid
   */
  async callerOf(request: IncomingMessage): Promise<Caller | null> {
    const { authorization } = request.headers
    if (authorization !== undefined) return this.#byKey(request, authorization)
    const secret = this.#cookie.read(request)
    return secret === undefined ? null : this.#bySignIn(secret)
  }

  async #byKey(request: IncomingMessage, authorization: string): Promise<Caller> {
    const key = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1]
    if (key !== undefined && key.length <= LONGEST_SECRET) {
      const admin = this.#adminOf(key)
      if (admin !== undefined) return admin
      const record = await this.keys.use(key)
      if (record !== undefined) {
        return new Caller({
          kind: 'key',
          name: record.name,
          id: keyCallerId(record.id),
          role: null,
          verbs: record.verbs,
          rooms: record.rooms.length === 0 ? null : record.rooms,
          session: null,
          expiresAt: record.expiresAt,
        })
      }
    }
    await this.audit.anonymous(request, { action: 'key.refused', target: null, outcome: 'denied' })
    throw new ProblemError(
      401,
      'bad_key',
      'The API key is unknown, revoked or expired; an admin can create another on the Access page.',
    )
  }

  async #bySignIn(secret: string): Promise<Caller | null> {
    const found = secret.length > LONGEST_SECRET ? undefined : await this.signIns.use(secret)
    if (found === undefined) return null
    const { signIn, operator } = found
    return new Caller({
      kind: 'operator',
      name: operator.name,
      id: `operator:${operator.name}`,
      role: operator.role,
      ...operatorRights(operator.role, operator.rooms),
      session: { id: signIn.id, expiresAt: signIn.expiresAt },
      expiresAt: signIn.expiresAt,
    })
  }

  /** Compares with every key in constant time, so that timing reveals neither which key matched nor how much of it. */
  #adminOf(key: string): Caller | undefined {
    const given = digest(key)
    let found: Caller | undefined
    for (const [known, caller] of this.#adminKeys) if (timingSafeEqual(known, given)) found = caller
    return found
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
