import { createHash } from 'node:crypto'
import type { ListRequest } from '../repositories/list-request.js'
import { BadListRequest } from '../repositories/store-errors.js'

/** Where a page ended, and the total that later pages need not count again. */
export interface Cursor {
  /** The sort value of the last item and its id. */
  readonly after: readonly [number | string, string]
  readonly total?: number
  readonly atLeast?: number
}

const CHECK_LENGTH = 8

/** The cursor as opaque text that is valid only for this list with this filter and order. */
export function encodeCursor(list: string, request: ListRequest, cursor: Cursor): string {
  const body = JSON.stringify(cursor)
  return Buffer.from(`${checksum(list, request, body)}${body}`).toString('base64url')
}

/**
 * @returns undefined if the request has no cursor
 * @throws BadListRequest if the cursor was changed or belongs to another list, filter or order
 */
export function decodeCursor(list: string, request: ListRequest): Cursor | undefined {
  if (request.cursor === undefined) return undefined
  const text = Buffer.from(request.cursor, 'base64url').toString()
  const body = text.slice(CHECK_LENGTH)
  if (text.slice(0, CHECK_LENGTH) !== checksum(list, request, body))
    throw new BadListRequest(
      'the cursor does not belong to this list with this filter and order; start again without one',
    )
  return JSON.parse(body) as Cursor
}

/** Detects a cursor used with another query by mistake; it protects no secret, so it needs no key. */
function checksum(list: string, request: ListRequest, body: string): string {
  const said = JSON.stringify([list, request.tokens, request.sort ?? '', body])
  return createHash('sha256').update(said).digest('base64url').slice(0, CHECK_LENGTH)
}
