import type { Right } from '@gatehouse/protocol'
import type { Verb } from '@gatehouse/protocol/rest'
import type { Clock } from '../../realtime/ports/clock.js'
import { TokenVerifier, type TokenVerdict } from '../../realtime/ports/token-verifier.js'
import {
  API_KEY_PREFIX,
  apiKeySubject,
  type ApiKeyFinding,
  type ApiKeyRepository,
} from '../repositories/api-key-repository.js'

/** The form of keys from `POST /v1/access/api-keys`; anything else is refused without asking PostgreSQL. */
const KEY = /^ghk_[A-Za-z0-9_-]{43}$/
/** A token's subject must not look like a key's, because limits, bans and sessions go by the subject. */
const SUBJECT_OF_KEYS = apiKeySubject('')
/** The expiry of a key that has none: the latest time a Date can hold. */
const NEVER_MS = 8_640_000_000_000_000

/** Failures are reported at most this often, because any client can cause them. */
const TOLD_MS = 10_000

/** The rights that a verb gives in the key's rooms. As over REST, `read` shows who is in a room, not its messages. */
const rightsOfVerbs: Readonly<Partial<Record<Verb, readonly Right[]>>> = {
  publish: ['publish'],
  'room.join': ['join', 'history'],
  read: ['presence'],
}
/** A key must have one of these verbs to connect at all. */
const doors: readonly Verb[] = ['publish', 'room.join']

/** Accepts API keys as credentials of connections; passes all other tokens to another verifier. */
export class ApiKeyTokens extends TokenVerifier {
  #toldAtMs = -Infinity

  constructor(
    private readonly tokens: TokenVerifier,
    private readonly keys: Pick<ApiKeyRepository, 'find'>,
    private readonly clock: Clock,
    private readonly onError: (error: unknown) => void,
  ) {
    super()
  }

  override async verify(token: string): Promise<TokenVerdict> {
    if (!token.startsWith(API_KEY_PREFIX)) return this.#verifyToken(token)
    if (!KEY.test(token)) return { ok: false, reason: 'bad_token', rule: 'malformed API key' }
    try {
      return this.#judge(await this.keys.find(token))
    } catch (error) {
      this.#tell(error)
      return { ok: false, reason: 'auth_backend_error', rule: 'API keys unreadable' }
    }
  }

  #tell(error: unknown): void {
    const nowMs = this.clock.nowMs()
    if (nowMs - this.#toldAtMs < TOLD_MS) return
    this.#toldAtMs = nowMs
    this.onError(error)
  }

  async #verifyToken(token: string): Promise<TokenVerdict> {
    const verdict = await this.tokens.verify(token)
    if (!verdict.ok || !verdict.token.subject.startsWith(SUBJECT_OF_KEYS)) return verdict
    return { ok: false, reason: 'bad_token', rule: 'sub of an API key' }
  }

  #judge(found: ApiKeyFinding): TokenVerdict {
    if (found === undefined) return { ok: false, reason: 'bad_token', rule: 'unknown API key' }
    if (found === 'revoked') return { ok: false, reason: 'token_revoked', rule: 'revoked API key' }
    const expiresAt = found.expiresAt ?? NEVER_MS
    if (expiresAt <= this.clock.wallMs()) return { ok: false, reason: 'token_expired', rule: 'end of the API key' }
    if (!doors.some((verb) => found.verbs.includes(verb))) {
      return { ok: false, reason: 'bad_token', rule: `the API key holds neither ${doors.join(' nor ')}` }
    }
    const rights = found.verbs.flatMap((verb) => rightsOfVerbs[verb] ?? [])
    const patterns = found.rooms.length === 0 ? ['**'] : found.rooms
    return {
      ok: true,
      token: {
        subject: apiKeySubject(found.id),
        service: found.name,
        rooms: new Map(patterns.map((pattern) => [pattern, rights])),
        expiresAt,
        issuedAt: found.createdAt,
        issuer: null,
        tokenId: found.id,
      },
    }
  }
}
