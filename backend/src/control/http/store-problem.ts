import {
  AlreadyExists,
  BadBanValue,
  BadListRequest,
  LastAdmin,
  StoreUnavailable,
} from '../../store/repositories/index.js'
import { OperationFault } from '../../operations/operation-fault.js'
import { badRequest, conflict, ProblemError } from './problem.js'

/** The supervisor restarts PostgreSQL within seconds; a shorter wait would only add load. */
const RETRY_AFTER_MS = 5_000

/** The problem for a fault of the store or of the operation engine; undefined for every other error. */
export function knownProblem(error: unknown): ProblemError | undefined {
  if (error instanceof StoreUnavailable) {
    return new ProblemError(
      503,
      'store_unavailable',
      'PostgreSQL does not answer, so this cannot be read or changed now; kicks and drains still work. Try again when it is back.',
      { retryAfterMs: RETRY_AFTER_MS },
    )
  }
  if (error instanceof BadListRequest || error instanceof BadBanValue) return badRequest(`${error.message}.`)
  if (error instanceof AlreadyExists) return conflict('already_exists', `${error.message}.`)
  if (error instanceof LastAdmin) return conflict('last_admin', `${error.message}.`)
  if (error instanceof OperationFault) {
    return new ProblemError(
      error.status,
      error.code,
      error.message,
      error.status === 503 ? { retryAfterMs: RETRY_AFTER_MS } : {},
    )
  }
  return undefined
}
