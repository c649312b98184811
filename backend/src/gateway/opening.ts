import type { RefusalEvidence, RefusalReason } from '@gatehouse/protocol'
import { refusalSentence } from '@gatehouse/protocol'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Admission } from '../realtime/admission/admission.js'
import type { OpeningRequest, Refusal } from '../realtime/admission/opening-request.js'
import { mayConnectFrom } from '../realtime/admission/origin-rule.js'
import type { Random } from '../realtime/ports/random.js'
import type { TokenVerdict } from '../realtime/ports/token-verifier.js'
import { faultOf } from './edge-log.js'
import type { OpeningDoor } from './gateway-listener.js'
import type { HubEdge } from './hub-edge.js'
import type { OpeningReader, ParsedOpening } from './opening-reader.js'
import { GATEWAY_PATH } from './opening-reader.js'
import { answerRaw, answerResponse, problemAnswer } from './problem-answer.js'

/** 80 random bits: ids of connections and refusals are shown to people, but must not be guessable. */
const ID_BYTES = 10
const PREFLIGHT_SECONDS = 600

interface OwnRefusal {
  readonly reason: RefusalReason
  readonly evidence: RefusalEvidence
  readonly status?: number
}

/** Turns upgrade requests into connections or refusals: reads them, has tokens checked and asks admission. */
export class Opening implements OpeningDoor {
  /** Streams whose token is being checked. */
  readonly #pending = new Set<Duplex>()

  constructor(
    private readonly reader: OpeningReader,
    private readonly admission: Admission,
    private readonly edge: HubEdge,
    private readonly random: Random,
  ) {}

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', destroyThis)
    const opening = this.reader.read(request, true)
    const asked = this.#ask(opening, true)
    const own = ownRefusal(opening)
    if (own !== null) {
      refuse(stream, this.admission.refuse(asked, own.reason, own.evidence, own.status))
      return
    }
    const screened = this.admission.screen(asked)
    if (!screened.ok) {
      refuse(stream, screened.refusal)
      return
    }
    if (opening.token === null) {
      this.#decide(request, stream, head, asked, opening.isTls)
      return
    }
    this.#pending.add(stream)
    this.#verify(opening.token, asked.id, (verdict) => {
      this.#pending.delete(stream)
      this.#decide(request, stream, head, { ...asked, verdict }, opening.isTls)
    })
  }

  check(request: IncomingMessage, response: ServerResponse): void {
    const opening = this.reader.read(request, false)
    this.#allowOrigin(opening, response)
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'GET')
      response.setHeader('Access-Control-Allow-Headers', 'Authorization')
      response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS)
      response.writeHead(204).end()
      return
    }
    const asked = this.#ask(opening, false)
    const own = ownRefusal(opening)
    if (own !== null) {
      explain(response, this.admission.refuse(asked, own.reason, own.evidence, own.status))
      return
    }
    const screened = this.admission.screen(asked)
    if (!screened.ok) {
      explain(response, screened.refusal)
      return
    }
    const decide = (verdict: TokenVerdict | null): void => {
      const decided = this.admission.decide({ ...asked, verdict })
      if (decided.ok) answerResponse(response, problemAnswer({ ...ADMITTED, id: asked.id }))
      else explain(response, decided.refusal)
    }
    if (opening.token === null) decide(null)
    else this.#verify(opening.token, asked.id, decide)
  }

  /** Cuts the streams whose token is still being checked. */
  close(): void {
    for (const stream of this.#pending) stream.destroy()
  }

  #ask(opening: ParsedOpening, isUpgrade: boolean): OpeningRequest {
    const { address, origin, host, userAgent } = opening
    return { id: this.random.id(ID_BYTES), address, origin, host, userAgent, isUpgrade, verdict: null }
  }

  #verify(token: string, id: string, then: (verdict: TokenVerdict) => void): void {
    this.edge.context.tokens.verify(token).then(then, (error: unknown) => {
      this.edge.context.log.handlerFailed({ connection: id, event: 'opening', ...faultOf(error) })
      then({ ok: false, reason: 'auth_backend_error', rule: 'the check failed' })
    })
  }

  #decide(request: IncomingMessage, stream: Duplex, head: Buffer, asked: OpeningRequest, isTls: boolean): void {
    if (stream.destroyed || !stream.readable || !stream.writable) {
      this.#gone(stream, asked)
      return
    }
    const decided = this.admission.decide(asked)
    if (!decided.ok) {
      refuse(stream, decided.refusal)
      return
    }
    stream.removeListener('error', destroyThis)
    const { id, address, origin, userAgent, verdict } = asked
    const facts = { id, address, addressGroup: decided.addressGroup, userAgent, origin, isTls }
    const token = verdict?.ok === true ? { token: verdict.token } : {}
    if (!this.edge.open(request, stream, head, { ...facts, ...token })) this.#gone(stream, asked)
  }

  #gone(stream: Duplex, asked: OpeningRequest): void {
    this.admission.refuse(asked, 'aborted', {})
    stream.destroy()
  }

  /** Pages of allowed origins may read the decision. Others are answered too, but their browser hides the answer. */
  #allowOrigin(opening: ParsedOpening, response: ServerResponse): void {
    response.setHeader('Vary', 'Origin')
    const { allowedOrigins, isProduction } = this.admission.settings
    if (opening.origin === null || !mayConnectFrom(opening.origin, opening.host, allowedOrigins, isProduction)) return
    response.setHeader('Access-Control-Allow-Origin', opening.origin)
    // Without it, a page whose token is in a cookie could only ask without a token.
    if (this.reader.readsCookies) response.setHeader('Access-Control-Allow-Credentials', 'true')
    response.setHeader('Access-Control-Expose-Headers', 'Gatehouse-Refusal, Retry-After')
  }
}

const ADMITTED = { status: 200, code: 'admitted', detail: 'An opening request like this one would be let in.' }

/** Refusals for the form of the request alone, whoever sends it. */
function ownRefusal(opening: ParsedOpening): OwnRefusal | null {
  if (opening.path !== GATEWAY_PATH) return { reason: 'path_not_found', evidence: { path: opening.path } }
  if (opening.fault !== null) {
    return { reason: 'bad_upgrade', evidence: { rule: opening.fault.rule }, status: opening.fault.status }
  }
  return opening.isSubprotocolUnsupported ? { reason: 'unsupported_subprotocol', evidence: {} } : null
}

function refuse(stream: Duplex, refusal: Refusal): void {
  if (refusal.status === null) stream.destroy()
  else answerRaw(stream, answerOf(refusal, refusal.status))
}

function explain(response: ServerResponse, refusal: Refusal): void {
  answerResponse(response, answerOf(refusal, refusal.status ?? 400))
}

function answerOf(refusal: Refusal, status: number): ReturnType<typeof problemAnswer> {
  const { id, reason, evidence, retryAfterMs } = refusal
  const answer = problemAnswer({
    status,
    code: reason,
    detail: refusalSentence(reason, evidence),
    id,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
  return {
    status,
    problem: { ...answer.problem, refusal: id },
    headers: { ...answer.headers, 'Gatehouse-Refusal': id, ...STATUS_HEADERS[status] },
  }
}

/** Headers that RFC 9110 requires of these answers. */
const STATUS_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'WWW-Authenticate': 'Bearer' },
  405: { Allow: 'GET' },
  426: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
}

function destroyThis(this: Duplex): void {
  this.destroy()
}
