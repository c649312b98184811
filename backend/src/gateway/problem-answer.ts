import type { Problem } from '@gatehouse/protocol/rest'
import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** A short answer to an opening request, as problem+json (RFC 9457). */
export interface ProblemAnswer {
  readonly status: number
  /** `refusal` is the id of a refused opening, as protocol rule O-6 names it. */
  readonly problem: Problem & { readonly refusal?: string }
  readonly headers: Readonly<Record<string, string>>
}

export interface ProblemFacts {
  readonly status: number
  /** A stable word for programs: the refusal's reason, or `admitted`. */
  readonly code: string
  /** What happened and what to do, as one text. */
  readonly detail: string
  /** The refusal's id where there is one: what an operator can look up. */
  readonly id: string
  readonly retryAfterMs?: number
}

/** The answer's body and its fixed headers. */
export function problemAnswer(facts: ProblemFacts): ProblemAnswer {
  const { status, code, detail, id, retryAfterMs } = facts
  return {
    status,
    problem: {
      type: `urn:gatehouse:refusal:${code}`,
      title: STATUS_CODES[status] ?? 'Refused',
      status,
      detail,
      code,
      requestId: id,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    },
  }
}

/** How long a refused client may take to read its answer. */
const FAREWELL_MS = 1_000

/**
 * Answers on a raw socket and ends it. What the client still sends is read and dropped: closing with unread bytes would
 * reset the connection, and the answer could be lost.
 */
export function answerRaw(stream: Duplex, answer: ProblemAnswer): void {
  if (stream.destroyed || !stream.writable) {
    stream.destroy()
    return
  }
  const body = Buffer.from(JSON.stringify(answer.problem))
  const lines = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'Refused'}`]
  for (const [name, value] of Object.entries(answer.headers)) lines.push(`${name}: ${oneLine(value)}`)
  lines.push(`Content-Length: ${body.length}`, 'Connection: close', '', '')
  const cut = setTimeout(() => stream.destroy(), FAREWELL_MS)
  stream.once('close', () => clearTimeout(cut))
  stream.once('end', () => stream.destroy())
  stream.resume()
  stream.end(Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body]))
}

/** Answers an ordinary request and ends its socket: a client that gets a problem has nothing more to ask. */
export function answerResponse(response: ServerResponse, answer: ProblemAnswer): void {
  const body = Buffer.from(JSON.stringify(answer.problem))
  response.shouldKeepAlive = false
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, oneLine(value))
  response.writeHead(answer.status, { 'Content-Length': body.length }).end(body)
}

/** Keeps a header value from ending its line or the header block. */
function oneLine(value: string): string {
  return value.replaceAll(/[^\x20-\x7e]/g, '?')
}
