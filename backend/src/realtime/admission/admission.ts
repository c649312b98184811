import { refusalReasons, type RefusalEvidence, type RefusalReason } from '@gatehouse/protocol'
import { addressGroup, addressPrefix, isLoopback, recordedAddress } from '../connections/address.js'
import type { Books } from '../books/books.js'
import type { Registry } from '../connections/registry.js'
import type { HubPorts } from '../ports/hub-ports.js'
import type { AdmissionSettings, AdmissionVerdict, OpeningRequest, Refusal } from './opening-request.js'
import { mayConnectFrom } from './origin-rule.js'
import { BANS_TRUSTED_MS } from '../ports/ban-list.js'
import { TokenBucket } from '../limits/token-bucket.js'

const OVERLOAD_MS = 200
/** How long to stay away, before jitter: until the second is over, or until somebody may have left. */
const RATE_RETRY_MS = 1_000
const CAPACITY_RETRY_MS = 5_000

type Found = { readonly reason: RefusalReason; readonly evidence: RefusalEvidence; readonly retryAfterMs?: number }

/** The hub that requests are admitted to. */
export interface AdmittingHub {
  readonly ports: HubPorts
  readonly books: Books
  readonly registry: Registry
}

/**
 * Decides who may open a connection. `screen` decides what it can before the token check, and bounds the checks under
 * way; `decide` gives the whole verdict. A refused upgrade is counted and recorded here, an accepted one by `Hub.open`.
 */
export class Admission {
  /** Set while the node is being drained. */
  draining: { readonly retryAfterMs: number } | null = null
  readonly #pending = new Map<string, string>()
  /** Checks without Upgrade that were screened and not yet decided. */
  readonly #screenedChecks = new Set<string>()
  readonly #pendingByGroup = new Map<string, number>()
  readonly #nodeRate: TokenBucket

  constructor(
    private readonly hub: AdmittingHub,
    readonly settings: AdmissionSettings,
  ) {
    this.#nodeRate = new TokenBucket(settings.connectRate, hub.ports.clock.nowMs())
  }

  /** Handshakes that were screened and not yet decided. */
  get pendingHandshakes(): number {
    return this.#pending.size
  }

  /** Everything but the token. After an ok, `decide` or `refuse` must follow for the same id. */
  screen(request: OpeningRequest): AdmissionVerdict {
    const found = this.#screened(request)
    if (found !== null) return this.#turnAway(request, found)
    const group = this.#limitedGroup(request.address)
    if (!request.isUpgrade) this.#screenedChecks.add(request.id)
    else if (!this.#pending.has(request.id)) {
      this.#pending.set(request.id, group ?? '')
      if (group !== null) this.#pendingByGroup.set(group, (this.#pendingByGroup.get(group) ?? 0) + 1)
    }
    return { ok: true, addressGroup: group }
  }

  /** The whole decision; screens first unless that was done. After an ok the edge opens in the same turn, or refuses as aborted. */
  decide(request: OpeningRequest): AdmissionVerdict {
    if (!this.#pending.has(request.id) && !this.#screenedChecks.has(request.id)) {
      const screened = this.screen(request)
      if (!screened.ok) return screened
    }
    this.#forget(request.id)
    const found = this.#identified(request)
    if (found !== null) return this.#turnAway(request, found)
    return { ok: true, addressGroup: this.#limitedGroup(request.address) }
  }

  /** The edge turns a request away for a reason of its own (`bad_upgrade`, `path_not_found`, `aborted` …). */
  refuse(request: OpeningRequest, reason: RefusalReason, evidence: RefusalEvidence, status?: number): Refusal {
    this.#forget(request.id)
    const refusal = this.#refusal(request, { reason, evidence }, status)
    return refusal
  }

  #screened(request: OpeningRequest): Found | null {
    const { settings } = this
    const { origin, host } = request
    if (!mayConnectFrom(origin, host, settings.allowedOrigins, settings.isProduction)) {
      return { reason: 'origin_denied', evidence: origin === null ? {} : { origin } }
    }
    return this.#addressBan(request) ?? this.#addressLimits(request) ?? this.#nodeLimits() ?? this.#policyAge()
  }

  #addressBan(request: OpeningRequest): Found | null {
    const ban = this.hub.ports.bans.address(request.address)
    return ban === undefined ? null : banned(ban)
  }

  #addressLimits(request: OpeningRequest): Found | null {
    const group = this.#limitedGroup(request.address)
    if (group === null) return null
    const { connectRatePerAddress: rate, maxConnectionsPerAddress: most } = this.settings
    if (rate > 0) {
      const waitMs = this.hub.ports.limits.take(`connect:${group}`, 1, rate, rate)
      if (waitMs > 0) return this.#waiting('ip_rate_limit', { limit: rate }, Math.max(waitMs, RATE_RETRY_MS))
    }
    const count = this.hub.registry.countOfAddress(group) + (this.#pendingByGroup.get(group) ?? 0)
    if (most > 0 && count >= most)
      return this.#waiting('ip_connection_limit', { limit: most, value: count }, CAPACITY_RETRY_MS)
    return null
  }

  #nodeLimits(): Found | null {
    const { settings, hub } = this
    if (this.draining !== null) return this.#waiting('draining', {}, this.draining.retryAfterMs)
    const delayMs = settings.loopDelayMs()
    if (delayMs > OVERLOAD_MS)
      return this.#waiting('overload', { limit: OVERLOAD_MS, value: Math.round(delayMs) }, CAPACITY_RETRY_MS)
    const count = hub.registry.connections.size + this.#pending.size
    if (settings.maxConnections > 0 && count >= settings.maxConnections) {
      return this.#waiting('node_capacity', { limit: settings.maxConnections, value: count }, CAPACITY_RETRY_MS)
    }
    const rate = settings.connectRate
    if (rate > 0 && this.#nodeRate.take(1, rate, rate, hub.ports.clock.nowMs()) > 0) {
      return this.#waiting('node_rate_limit', { limit: rate }, RATE_RETRY_MS)
    }
    return null
  }

  #policyAge(): Found | null {
    if (this.hub.ports.bans.ageMs() <= BANS_TRUSTED_MS) return null
    return this.#waiting('policy_unavailable', {}, CAPACITY_RETRY_MS)
  }

  #identified(request: OpeningRequest): Found | null {
    const { verdict } = request
    const { hub, settings } = this
    if (this.draining !== null) return this.#waiting('draining', {}, this.draining.retryAfterMs)
    // Screened a while ago: an address can be banned while its token is checked.
    const found = this.#addressBan(request) ?? this.#policyAge()
    if (found !== null) return found
    if (verdict === null) return settings.firstFrameAuth ? null : { reason: 'no_token', evidence: {} }
    if (!verdict.ok) {
      const evidence = { rule: verdict.rule }
      return verdict.reason === 'auth_backend_error'
        ? this.#waiting(verdict.reason, evidence, CAPACITY_RETRY_MS)
        : { reason: verdict.reason, evidence }
    }
    const { subject, expiresAt } = verdict.token
    if (expiresAt <= hub.ports.clock.wallMs()) return { reason: 'token_expired', evidence: { expiresAt } }
    const ban = hub.ports.bans.user(subject)
    if (ban !== undefined) return banned(ban)
    const most = settings.maxConnectionsPerUser
    const value = hub.registry.countOfUser(subject)
    if (most > 0 && value >= most)
      return this.#waiting('user_connection_limit', { limit: most, value }, CAPACITY_RETRY_MS)
    return null
  }

  #waiting(reason: RefusalReason, evidence: RefusalEvidence, baseMs: number): Found {
    const retryAfterMs = Math.round(baseMs * (1 + this.hub.ports.random.number()))
    return { reason, evidence: { ...evidence, retryAfterMs }, retryAfterMs }
  }

  #turnAway(request: OpeningRequest, found: Found): AdmissionVerdict {
    return { ok: false, refusal: this.#refusal(request, found) }
  }

  #refusal(request: OpeningRequest, found: Found, status?: number): Refusal {
    const { reason, evidence, retryAfterMs } = found
    const code = status ?? refusalReasons[reason].status
    if (request.isUpgrade) {
      const { hub, settings } = this
      hub.books.countRefused(reason)
      hub.ports.records.refused({
        id: request.id,
        at: hub.ports.clock.wallMs(),
        reason,
        status: code,
        evidence,
        address: recordedAddress(request.address, settings.recordAddress),
        addressPrefix: settings.recordAddress === 'none' ? null : addressPrefix(request.address),
        origin: request.origin,
        userAgent: request.userAgent,
        user: request.verdict?.ok === true ? request.verdict.token.subject : null,
      })
    }
    const refusal = { id: request.id, reason, status: code, evidence }
    return retryAfterMs === undefined ? refusal : { ...refusal, retryAfterMs }
  }

  /** The group whose limits apply to an address, or null: this machine's own are exempt outside production. */
  #limitedGroup(address: string): string | null {
    return !this.settings.isProduction && isLoopback(address) ? null : addressGroup(address)
  }

  #forget(id: string): void {
    this.#screenedChecks.delete(id)
    const group = this.#pending.get(id)
    if (group === undefined) return
    this.#pending.delete(id)
    if (group === '') return
    const count = (this.#pendingByGroup.get(group) ?? 1) - 1
    if (count === 0) this.#pendingByGroup.delete(group)
    else this.#pendingByGroup.set(group, count)
  }
}

function banned(ban: { readonly id: string; readonly expiresAt: number | null }): Found {
  return {
    reason: 'banned',
    evidence: ban.expiresAt === null ? { ban: ban.id } : { ban: ban.id, expiresAt: ban.expiresAt },
  }
}
