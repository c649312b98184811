import type { FilterToken, Operation, Page } from '@gatehouse/protocol/rest'
import { oneNode, type ListRequest } from '../../store/repositories/list-request.js'
import { StoreUnavailable } from '../../store/repositories/store-errors.js'

/**
 * The store's page, updated by what this process knows: its own operations in their current state and, on the first
 * page, those not yet in the store. Without the store, only this process's own.
 */
export async function mergedPage(
  request: ListRequest,
  own: readonly Operation[],
  stored: () => Promise<Page<Operation>>,
): Promise<Page<Operation>> {
  const fitting = own.filter((operation) => request.tokens.every((token) => fits(operation, token)))
  const newestFirst = request.sort !== 'createdAt'
  const sorted = (items: Operation[]): Operation[] =>
    items.sort((a, b) => (newestFirst ? b.createdAt - a.createdAt : a.createdAt - b.createdAt))
  let page: Page<Operation>
  try {
    page = await stored()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    return { items: sorted([...fitting]).slice(0, request.limit), atLeast: fitting.length, nodes: oneNode }
  }
  const fresh = new Map(own.map((operation) => [operation.id, operation]))
  const listed = new Set(page.items.map((item) => item.id))
  const items = page.items
    .map((item) => fresh.get(item.id) ?? item)
    .filter((item) => request.tokens.every((token) => fits(item, token)))
  if (request.cursor !== undefined || !newestFirst) return { ...page, items }
  const oldestListed = page.items.at(-1)?.createdAt ?? 0
  // What is older than the page's end belongs to a later page, unless this one is the last.
  const missing = fitting.filter((o) => !listed.has(o.id) && (page.next === undefined || o.createdAt > oldestListed))
  return { ...page, items: sorted([...items, ...missing]) }
}

function fits(operation: Operation, token: FilterToken): boolean {
  const value =
    token.field === 'kind' || token.field === 'state' || token.field === 'by' ? operation[token.field] : null
  return value === null || token.values.includes(value) !== token.negated
}
