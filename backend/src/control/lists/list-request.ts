import { type ListQuery, parseFilter } from '@gatehouse/protocol/rest'
import type { ListRequest } from '../../store/repositories/index.js'
import { badRequest } from '../http/problem.js'

/** More tokens than anybody types; each one costs a comparison per row. */
const mostTokens = 20

/** A list's query with its filter read. */
export function listRequestOf(query: ListQuery): ListRequest {
  const { sort, limit, cursor } = query
  const parsed = parseFilter(query.filter ?? '')
  if (parsed.fault !== undefined) throw filterFault(parsed.fault)
  if (parsed.tokens.length > mostTokens)
    throw filterFault(`it has ${parsed.tokens.length} tokens; ${mostTokens} are the most`)
  return { tokens: parsed.tokens, sort, limit, cursor }
}

/** 400 for a filter that cannot be read. */
export function filterFault(fault: string) {
  return badRequest(`The filter cannot be read: ${fault}.`, [{ path: 'filter', message: fault }])
}
