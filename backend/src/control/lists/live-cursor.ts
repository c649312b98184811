import { badRequest } from '../http/problem.js'
import type { Place } from './top-k.js'

/** Where a page ended: at a place in a stable order, or after a number of rows of a frozen order. */
export type LiveCursor =
  | { readonly kind: 'place'; readonly sort: string; readonly place: Place }
  | { readonly kind: 'order'; readonly sort: string; readonly order: string; readonly at: number }

export function encodeLiveCursor(cursor: LiveCursor): string {
  const short =
    cursor.kind === 'place'
      ? ['p', cursor.sort, cursor.place.value, cursor.place.id]
      : ['o', cursor.sort, cursor.order, cursor.at]
  return Buffer.from(JSON.stringify(short)).toString('base64url')
}

/** @throws ProblemError 400 if the text is not a cursor of this sort order */
export function decodeLiveCursor(text: string, sort: string): LiveCursor {
  const short = parse(text)
  if (Array.isArray(short) && short.length === 4 && short[1] === sort) {
    const [kind, , a, b] = short as readonly unknown[]
    if (kind === 'p' && (typeof a === 'number' || typeof a === 'string') && typeof b === 'string') {
      return { kind: 'place', sort, place: { value: a, id: b } }
    }
    if (kind === 'o' && typeof a === 'string' && typeof b === 'number' && Number.isSafeInteger(b) && b >= 0) {
      return { kind: 'order', sort, order: a, at: b }
    }
  }
  throw badRequest('The cursor does not belong to this list and order; request the first page again.', [
    { path: 'cursor', message: 'unknown' },
  ])
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
