import { badRequest } from '../http/problem.js'
import type { Place } from './top-k.js'

/** Where a page ended: at a place in an order that stands still, or so many rows into a frozen order. */
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

/** @throws ProblemError 400 where the text is no cursor of this sort */
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
  throw badRequest('The cursor is none of this list and order; ask for the first page again.', [
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
