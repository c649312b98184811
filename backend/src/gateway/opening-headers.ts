/** The headers that opening a connection looks at; null: absent. */
export interface OpeningHeaders {
  readonly host: string | null
  readonly origin: string | null
  readonly upgrade: string | null
  readonly version: string | null
  readonly key: string | null
  readonly protocols: string | null
  readonly authorization: string | null
  readonly cookie: string | null
  readonly forwardedFor: string | null
  readonly forwardedProto: string | null
  readonly userAgent: string | null
  readonly hasBody: boolean
  /** Why the header block as a whole cannot be trusted, or null. */
  readonly fault: string | null
}

/** Ordinary clients send about twenty. */
const MOST_HEADERS = 100
const NAMES = {
  host: 'host',
  origin: 'origin',
  upgrade: 'upgrade',
  'sec-websocket-version': 'version',
  'sec-websocket-key': 'key',
  'sec-websocket-protocol': 'protocols',
  authorization: 'authorization',
  cookie: 'cookie',
  'x-forwarded-for': 'forwardedFor',
  'x-forwarded-proto': 'forwardedProto',
  'user-agent': 'userAgent',
} as const
type Field = (typeof NAMES)[keyof typeof NAMES]

const fields: ReadonlyMap<string, Field> = new Map(Object.entries(NAMES) as [string, Field][])
const LISTS: ReadonlySet<Field> = new Set<Field>(['protocols', 'forwardedFor', 'forwardedProto', 'upgrade', 'cookie'])

/**
 * Picks the wanted headers from the raw list, so that no header's name ever becomes a property and no repeated one is
 * silently joined or dropped.
 */
export function pickHeaders(raw: readonly string[]): OpeningHeaders {
  const picked: Record<Field, string | null> = {
    host: null,
    origin: null,
    upgrade: null,
    version: null,
    key: null,
    protocols: null,
    authorization: null,
    cookie: null,
    forwardedFor: null,
    forwardedProto: null,
    userAgent: null,
  }
  let fault = raw.length > MOST_HEADERS * 2 ? `more than ${MOST_HEADERS} headers` : null
  let hasBody = false
  for (let at = 0; fault === null && at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase()
    const value = raw[at + 1] ?? ''
    if (name === 'transfer-encoding' || (name === 'content-length' && value !== '0')) hasBody = true
    const field = fields.get(name)
    if (field === undefined) continue
    const before = picked[field]
    if (before !== null && !LISTS.has(field)) fault = `a repeated ${name} header`
    else picked[field] = before === null ? value : `${before}${field === 'cookie' ? '; ' : ','}${value}`
  }
  return { ...picked, hasBody, fault }
}
