import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FirstSignInRequest, SignInRequest } from '@gatehouse/protocol/rest'
import { OperatorRepository, SigninLinkRepository, SignInRepository } from '../../store/repositories/index.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { ControlSettings } from '../control-settings.js'
import { ProblemError } from '../http/problem.js'
import { contextOf } from '../http/request-context.js'
import { operatorRights, Caller } from './caller.js'
import { Passwords } from './passwords.js'
import { SessionCookie, keepsSecureCookies } from './session-cookie.js'
import { SignInThrottle } from './sign-in-throttle.js'
import type { Operator } from '@gatehouse/protocol/rest'

/** 256 bits. */
const SECRET_BYTES = 32

/** A sign-in that has just begun, with the header that keeps it in the browser. */
export interface BegunSignIn {
  readonly caller: Caller
  readonly setCookie: string
}

/** Signs operators in and out. */
@Injectable()
export class SignIns {
  readonly #cookie: SessionCookie
  readonly #throttle = new SignInThrottle(() => performance.now())

  constructor(
    settings: ControlSettings,
    private readonly operators: OperatorRepository,
    private readonly links: SigninLinkRepository,
    private readonly signIns: SignInRepository,
    private readonly passwords: Passwords,
    private readonly audit: AuditTrail,
  ) {
    this.#cookie = new SessionCookie(settings.clusterId)
  }

  /** @throws ProblemError if the password is wrong, guesses come too fast or the browser would not keep the cookie */
  async begin(request: IncomingMessage, { name, password }: SignInRequest): Promise<BegunSignIn> {
    demandSecureCookies(request)
    const { address } = contextOf(request)
    const operator = await this.#tried(name, address, async () => {
      const known = await this.operators.credentials(name)
      const fits = await this.passwords.matches(known?.passwordHash ?? null, password)
      return fits && known?.operator.disabled === false ? known.operator : undefined
    })
    if (operator === undefined) {
      await this.audit.anonymous(request, { action: 'signin.failed', target: name, outcome: 'denied' })
      throw new ProblemError(401, 'wrong_credentials', 'The name or the password is wrong.')
    }
    return this.#open(request, operator, 'signin.succeeded')
  }

  /** Uses up a printed link: its holder becomes an admin with a name and password of their choice. */
  async beginFirst(request: IncomingMessage, { token, name, password }: FirstSignInRequest): Promise<BegunSignIn> {
    demandSecureCookies(request)
    const { address } = contextOf(request)
    const operator = await this.#tried(LINK_NAME, address, async () => {
      // Checked first, so that nobody without a link can make the node hash passwords.
      if (!(await this.links.isValid(token))) return undefined
      return this.links.redeem(token, { name, passwordHash: await this.passwords.hash(password) })
    })
    if (operator === undefined) {
      await this.audit.anonymous(request, { action: 'signin.link_refused', target: name, outcome: 'denied' })
      throw new ProblemError(
        401,
        'link_expired',
        'The link was already used or is older than 30 minutes; npm run -s signin prints a new one.',
      )
    }
    return this.#open(request, operator, 'signin.link_redeemed')
  }

  /** Ends the caller's sign-in; returns the header that clears the cookie. */
  async end(request: IncomingMessage): Promise<string> {
    const secret = this.#cookie.read(request)
    if (secret !== undefined) {
      const ended = await this.signIns.end(secret)
      if (ended !== undefined) await this.audit.record(request, { action: 'signin.ended', target: ended.operator })
    }
    return this.#cookie.clear()
  }

  async #open(request: IncomingMessage, operator: Operator, action: string): Promise<BegunSignIn> {
    // Session fixation: a secret that was in the browser before must not become this operator's.
    const earlier = this.#cookie.read(request)
    if (earlier !== undefined) await this.signIns.end(earlier)
    const context = contextOf(request)
    const secret = randomBytes(SECRET_BYTES).toString('base64url')
    const userAgent = request.headers['user-agent']?.slice(0, 200) ?? null
    const signIn = await this.signIns.create(secret, { operator: operator.name, address: context.address, userAgent })
    const caller = new Caller({
      kind: 'operator',
      name: operator.name,
      id: `operator:${operator.name}`,
      role: operator.role,
      ...operatorRights(operator.role, operator.rooms),
      session: { id: signIn.id, expiresAt: signIn.expiresAt },
      expiresAt: signIn.expiresAt,
    })
    context.caller = caller
    await this.audit.record(request, { action, target: operator.name, detail: { signIn: signIn.id } })
    return { caller, setCookie: this.#cookie.set(secret, signIn.expiresAt - Date.now()) }
  }

  /** The operator that a try proves to be, if the throttle allows the try; undefined if it failed, which is counted. */
  async #tried(
    name: string,
    address: string,
    judge: () => Promise<Operator | undefined>,
  ): Promise<Operator | undefined> {
    this.#demandPatience(name, address)
    let operator: Operator | undefined
    try {
      operator = await judge()
    } catch (error) {
      this.#throttle.withdraw(name, address)
      throw error
    }
    if (operator !== undefined) this.#throttle.succeeded(name, address)
    return operator
  }

  /** From here on the try counts as failed. */
  #demandPatience(name: string, address: string): void {
    const retryAfterMs = this.#throttle.begin(name, address)
    if (retryAfterMs === 0) return
    throw new ProblemError(
      429,
      'too_many_tries',
      `Too many wrong tries from this address; wait ${Math.ceil(retryAfterMs / 1000)} s.`,
      {
        retryAfterMs: Math.ceil(retryAfterMs),
      },
    )
  }
}

/** Throttles guesses of links; no operator can have a name with a space. */
const LINK_NAME = 'a link'

function demandSecureCookies(request: IncomingMessage): void {
  const { isHttps } = contextOf(request)
  if (keepsSecureCookies(request.headers.host, isHttps, request.headers['user-agent'])) return
  throw new ProblemError(
    403,
    'insecure_sign_in',
    'Browsers keep no sign-in cookie over plain http. Open the control room as http://localhost (for example through ' +
      'ssh -L 8081:localhost:8081; not in Safari), set TLS_CERT and TLS_KEY, or put a proxy with https in front and ' +
      'name it in TRUST_PROXY.',
  )
}
