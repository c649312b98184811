import { BlockList, isIP, isIPv6 } from 'node:net'
import { matchesRoom } from '@gatehouse/protocol'
import { parseSize, parseSpan, type FilterToken } from '@gatehouse/protocol/rest'
import type { Connection } from '../../realtime/connections/connection.js'

type ConnectionTest = (connection: Connection) => boolean
export type CompiledFilter = { readonly fits: ConnectionTest; readonly fault?: undefined } | { readonly fault: string }

/** A token that cannot be understood; caught where the filter is compiled. */
class FilterFault extends Error {}

type Compile = (token: FilterToken, wallMs: number) => ConnectionTest

const fields: Readonly<Record<string, Compile>> = {
  id: text((c) => c.id),
  user: text((c) => c.user),
  client: text((c) => c.identity.client?.name ?? null),
  state: text(stateOf),
  room: (token) => rooms(equalsOnly(token)),
  ip: (token) => anyOf(equalsOnly(token).map(addressTest), (c) => c.openedBy.address),
  pending: number(parseSize, '64k', (c) => c.outbox.queuedBytes),
  rtt: number(readSpan, '500ms', (c) => c.health.rttMs),
  dropped: number(readNumber, '5', (c) => c.outbox.droppedDeliveries),
  rooms: number(readNumber, '5', (c) => c.memberships.size),
  idle: (token, wallMs) => number(readSpan, '5m', (c) => wallMs - c.lastSeenMs)(token, wallMs),
  since,
  text: words,
}

/**
 * Builds the test for a filter's tokens, all of which must match: `user:alice`, `room:chat:*`, `pending:>64k`,
 * `idle:>5m`, `since:15m` (at most 15 minutes ago), `ip:203.0.113.0/24`, `label.region:eu`, or a bare word.
 */
export function connectionFilter(tokens: readonly FilterToken[], now: { readonly wallMs: number }): CompiledFilter {
  try {
    const tests = tokens.map((token) => compile(token, now.wallMs))
    return { fits: (connection) => tests.every((test) => test(connection)) }
  } catch (error) {
    if (error instanceof FilterFault) return { fault: error.message }
    throw error
  }
}

function compile(token: FilterToken, wallMs: number): ConnectionTest {
  const compileField = Object.hasOwn(fields, token.field) ? fields[token.field] : labelField(token.field)
  if (compileField === undefined) {
    throw new FilterFault(
      `${token.field} is not a field of a connection; it has ${Object.keys(fields).join(', ')} and label.<name>`,
    )
  }
  const fits = compileField(token, wallMs)
  return token.negated ? (connection) => !fits(connection) : fits
}

function labelField(field: string): Compile | undefined {
  if (!field.startsWith('label.')) return undefined
  const name = field.slice('label.'.length)
  return text((c) => (Object.hasOwn(c.identity.labels, name) ? (c.identity.labels[name] as string) : null))
}

/** A connection's state in one word; `paused` and `slow` take precedence over `open`. */
function stateOf(connection: Connection): string {
  if (connection.state !== 'open') return connection.state
  if (connection.isPaused) return 'paused'
  return connection.isSlow ? 'slow' : 'open'
}

function text(of: (connection: Connection) => string | null): Compile {
  return (token) => anyOf(equalsOnly(token).map(globTest), of)
}

function anyOf(
  tests: readonly ((value: string) => boolean)[],
  of: (connection: Connection) => string | null,
): ConnectionTest {
  return (connection) => {
    const value = of(connection)
    return value !== null && tests.some((test) => test(value))
  }
}

/** An exact match, or with `*` for any run of characters. The pieces are searched in order, so no pattern is slow. */
function globTest(pattern: string): (value: string) => boolean {
  const pieces = pattern.split('*')
  const first = pieces[0] as string
  const last = pieces.at(-1) as string
  if (pieces.length === 1) return (value) => value === pattern
  return (value) => {
    const end = value.length - last.length
    if (first.length > end || !value.startsWith(first) || !value.endsWith(last)) return false
    let at = first.length
    for (const piece of pieces.slice(1, -1)) {
      const found = value.indexOf(piece, at)
      if (found < 0 || found + piece.length > end) return false
      at = found + piece.length
    }
    return true
  }
}

function rooms(values: readonly string[]): ConnectionTest {
  return (connection) => {
    for (const room of connection.memberships.keys()) {
      if (values.some((value) => value === room || matchesRoom(value, room))) return true
    }
    return false
  }
}

function addressTest(value: string): (address: string) => boolean {
  const [network = '', prefix] = value.split('/')
  if (prefix === undefined || isIP(network) === 0) return globTest(value)
  const bits = Number(prefix)
  if (!Number.isInteger(bits) || bits < 0 || bits > (isIPv6(network) ? 128 : 32)) {
    throw new FilterFault(`${value} is not an address range`)
  }
  const range = new BlockList()
  range.addSubnet(network, bits, isIPv6(network) ? 'ipv6' : 'ipv4')
  return (address) => isIP(address) !== 0 && range.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function number(
  read: (text: string) => number | undefined,
  example: string,
  of: (connection: Connection) => number | null,
): Compile {
  return ({ field, op, values }) => {
    const bounds = values.map((value) => {
      const bound = read(value)
      if (bound === undefined) throw new FilterFault(`${field} takes a value such as ${example}, not ${value}`)
      return bound
    })
    const bound = bounds[0] as number
    return (connection) => {
      const value = of(connection)
      if (value === null) return false
      if (op === '=') return bounds.includes(value)
      return op === '>' ? value > bound : value < bound
    }
  }
}

function since({ field, op, values }: FilterToken, wallMs: number): ConnectionTest {
  const [value = ''] = values
  if (values.length > 1) throw new FilterFault(`${field} takes one time`)
  const span = parseSpan(value)
  const moment = span === undefined ? Date.parse(value) : wallMs - span
  if (Number.isNaN(moment))
    throw new FilterFault(`${value} is neither a span such as 15m nor a time such as 2026-11-23T08:00:00Z`)
  return op === '>' ? (c) => c.connectedAtMs < moment : (c) => c.connectedAtMs >= moment
}

/** Looks for a bare word, ignoring case, in everything that names the connection. */
function words(token: FilterToken): ConnectionTest {
  const wanted = equalsOnly(token).map((word) => word.toLowerCase())
  return (c) =>
    [c.id, c.user, c.identity.client?.name ?? null, ...Object.values(c.identity.labels)].some(
      (value) => value !== null && wanted.some((word) => value.toLowerCase().includes(word)),
    )
}

function equalsOnly({ field, op, values }: FilterToken): readonly string[] {
  if (op !== '=') throw new FilterFault(`${field} cannot be compared with ${op}`)
  return values
}

function readNumber(value: string): number | undefined {
  return /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined
}

function readSpan(value: string): number | undefined {
  return parseSpan(value) ?? readNumber(value)
}
