import { type ListQuery, parseFilter } from '@gatehouse/protocol/rest'
import type { ListRequest } from '../../store/repositories/index.js'
import { badRequest } from '../http/problem.js'

/** More than anybody types; each token costs a comparison per row. */
const MOST_TOKENS = 20

/** A list's query with its filter parsed. */
export function listRequestOf(query: ListQuery): ListRequest {
  const { sort, limit, cursor } = query
  refuseNul(query)
  const parsed = parseFilter(query.filter ?? '')
  if (parsed.fault !== undefined) throw filterFault(parsed.fault)
  if (parsed.tokens.length > MOST_TOKENS)
    throw filterFault(`it has ${parsed.tokens.length} tokens; at most ${MOST_TOKENS} are allowed`)
  return { tokens: parsed.tokens, sort, limit, cursor }
}

/** PostgreSQL cannot store U+0000 in a text, so nothing could match and the query would fail. */
function refuseNul(query: ListQuery): void {
  const at = (['filter', 'sort', 'cursor'] as const).find((name) => query[name]?.includes('\0'))
  if (at === undefined) return
  if (at === 'filter') throw filterFault('it has the character U+0000; leave it out')
  throw badRequest(`The ${at} has the character U+0000; leave it out.`, [{ path: at, message: 'U+0000 is refused' }])
}

/** 400 for a filter that cannot be parsed. */
export function filterFault(fault: string) {
  return badRequest(`The filter cannot be read: ${fault}.`, [{ path: 'filter', message: fault }])
}
