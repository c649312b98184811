import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { answerRaw, problemAnswer } from '../../gateway/problem-answer.js'
import type { Clock } from '../../realtime/ports/clock.js'
import type { Random } from '../../realtime/ports/random.js'
import type { Caller } from '../access/caller.js'
import type { Credentials } from '../access/credentials.js'
import { isSameSite } from '../access/same-site.js'
import type { RequestOrigins } from '../http/request-origin.js'
import { asProblem } from '../http/problem.filter.js'
import { forbidden, notFound, ProblemError } from '../http/problem.js'
import { setContext } from '../http/request-context.js'
import type { ControlLog } from '../ports/control-log.js'
import type { LiveEdge } from './live-edge.js'
import { LIVE_PATH } from './live.gateway.js'
import type { ViewerTokens } from './viewer-tokens.js'

/** 128 bits. */
const ID_BYTES = 16
/** How many upgrades may wait for their credential check; more than that is a flood. */
const MOST_PENDING = 100

export interface LiveDoorParts {
  readonly edge: LiveEdge
  readonly credentials: Credentials
  readonly tokens: ViewerTokens
  readonly addresses: RequestOrigins
  readonly clock: Clock
  readonly random: Random
  readonly log: ControlLog
}

/** Lets dashboards in at /v1/live: same origin, signed in or with a key, and with the verb `read`. */
export class LiveDoor {
  #pending = 0

  constructor(private readonly parts: LiveDoorParts) {}

  /** Answers every upgrade of the control port. */
  guard(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      // Until the WebSocket is open the stream has no other error listener, and an unhandled error ends the process.
      const ignore = (): void => void stream.destroy()
      stream.on('error', ignore)
      this.#enter(request, stream, head).catch((error: unknown) => this.#refuse(stream, error))
    })
  }

  async #enter(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const { address, isHttps } = this.parts.addresses.of(request)
    setContext(request, { requestId: this.parts.random.id(9), address, isHttps, caller: null })
    if ((request.url ?? '').split('?', 1)[0] !== LIVE_PATH)
      throw notFound(`Dashboards connect to ${LIVE_PATH}; clients to the gateway port.`)
    if (this.#pending >= MOST_PENDING) {
      throw new ProblemError(503, 'busy', 'Too many dashboards are connecting at once; try again.', {
        retryAfterMs: 1_000,
      })
    }
    this.#pending += 1
    let caller: Caller
    try {
      caller = await this.#callerOf(request)
    } finally {
      this.#pending -= 1
    }
    const nowMs = this.parts.clock.wallMs()
    const id = this.parts.random.id(ID_BYTES)
    this.parts.edge.open(request, stream, head, {
      id,
      address,
      addressGroup: null,
      userAgent: request.headers['user-agent']?.slice(0, 200) ?? null,
      origin: request.headers.origin?.slice(0, 200) ?? null,
      isTls: isHttps,
      token: this.parts.tokens.tokenOf(caller, nowMs),
    })
  }

  async #callerOf(request: IncomingMessage): Promise<Caller> {
    // Browsers send our cookies with a WebSocket of any page; only its Origin shows whether the page is ours.
    if (!isOwnOrigin(request))
      throw new ProblemError(403, 'cross_site', 'The live stream is only for the control room’s own pages.')
    const caller = await this.parts.credentials.callerOf(request)
    if (caller === null)
      throw new ProblemError(401, 'not_signed_in', 'Sign in, or send an API key as Authorization: Bearer <key>.')
    if (!caller.can('read')) throw forbidden(`${caller.name} lacks the verb read.`)
    return caller
  }

  #refuse(stream: Duplex, error: unknown): void {
    const problem = asProblem(error)
    if (problem === undefined) this.parts.log.failed('a dashboard could not be let in', { error })
    const { status, code, detail, extras } =
      problem ??
      new ProblemError(500, 'internal', 'The request failed with an internal error; the log has the details.')
    const { retryAfterMs } = extras
    answerRaw(
      stream,
      problemAnswer({
        status,
        code,
        detail,
        id: this.parts.random.id(9),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      }),
    )
  }
}

function isOwnOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  return isSameSite(request) && (origin === undefined || URL.parse(origin)?.host === host)
}
