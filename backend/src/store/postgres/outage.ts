import { StoreUnavailable } from '../repositories/store-errors.js'

/**
 * SQLSTATEs that mean PostgreSQL cannot serve now: connection (08), shutdown and restart (57P), too many connections or
 * no disk or memory (53), a cancelled statement (57014), a lock timeout (55P03), a read-only server (25006), a
 * serialisation failure or deadlock (40).
 */
const OUTAGE_STATES = /^(08|57P|53|40)|^(57014|55P03|25006)$/

const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EACCES',
])

/** Messages of pg's own errors, which have no code. */
const CLIENT_TEXTS =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|timeout expired|timeout exceeded when trying to connect|Client was closed|This socket has been ended|Cannot use a pool after calling end)/

/** Whether an error of pg means that the server is unavailable, rather than that the statement was wrong. */
export function isOutage(error: unknown): boolean {
  if (error instanceof StoreUnavailable) return true
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string')
    return SYSTEM_CODES.has(code) || (/^[0-9A-Z]{5}$/.test(code) && OUTAGE_STATES.test(code))
  return CLIENT_TEXTS.test(error.message)
}

/** The SQLSTATE of an error, if it has one. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Whether PostgreSQL refused these particular values (too long, out of range, a violated constraint). */
export function isRefusedValue(error: unknown): boolean {
  return /^(22|23|54)/.test(sqlState(error) ?? '')
}
