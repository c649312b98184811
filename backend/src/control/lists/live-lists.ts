import { Injectable } from '@nestjs/common'
import { formatFilter, type Page } from '@gatehouse/protocol/rest'
import { type ListRequest, oneNode } from '../../store/repositories/index.js'
import { badRequest, ProblemError } from '../http/problem.js'
import { decodeLiveCursor, encodeLiveCursor } from './live-cursor.js'
import type { Test } from './filter-fields.js'
import { type FrozenOrder, FrozenOrders } from './frozen-orders.js'
import type { LiveList, SortField } from './list-description.js'
import { Semaphore } from './semaphore.js'
import { WalkSlices } from './walk-slices.js'
import { comesBefore, type Kept, type Place, TopK } from './top-k.js'

/** How many ids an order freezes at once; when they are used up, it freezes more of those not shown yet. */
const FROZEN_AT_ONCE = 5_000
/** How many values of one facet are counted separately; the rest is `other`. */
const FACET_VALUES = 30

interface Query<T> {
  readonly test: Test<T>
  readonly sort: SortField<T>
  readonly sortText: string
  readonly descending: boolean
  readonly limit: number
}

interface Selection<T> {
  readonly entries: Kept<T>[]
  readonly total: number
  readonly facets: Record<string, Record<string, number>>
}

/**
 * Answers lists of live objects without delaying traffic: a bounded selection instead of a sort, in slices of 2 ms, two
 * queries at a time.
 */
@Injectable()
export class LiveLists {
  readonly #gate = new Semaphore(2, 100)
  readonly #orders = new FrozenOrders(() => performance.now())

  /** One page; `also` narrows what the caller may see. */
  query<T, R>(list: LiveList<T, R>, request: ListRequest, also: Test<T> = () => true): Promise<Page<R>> {
    return this.#gate.run(() => this.#answer(list, request, also), busy)
  }

  async #answer<T, R>(list: LiveList<T, R>, request: ListRequest, also: Test<T>): Promise<Page<R>> {
    const query = readQuery(list, request, also)
    if (query.sort.isLive) return this.#frozenPage(list, request, query)
    const after = request.cursor === undefined ? undefined : decodeLiveCursor(request.cursor, query.sortText)
    if (after !== undefined && after.kind !== 'place') throw staleCursor()
    const { entries, total, facets } = await select(list, query, query.limit + 1, after?.place)
    const shown = entries.slice(0, query.limit)
    const last = shown.at(-1)
    const isEnd = entries.length <= query.limit || last === undefined
    return page(
      list,
      shown.map(({ item }) => item),
      total,
      facets,
      isEnd ? undefined : encodeLiveCursor({ kind: 'place', sort: query.sortText, place: last }),
    )
  }

  async #frozenPage<T, R>(list: LiveList<T, R>, request: ListRequest, query: Query<T>): Promise<Page<R>> {
    const filter = formatFilter(request.tokens)
    const cursor = request.cursor === undefined ? undefined : decodeLiveCursor(request.cursor, query.sortText)
    if (cursor !== undefined && cursor.kind !== 'order') throw staleCursor()
    const order = cursor === undefined ? undefined : this.#orders.find(cursor.order)
    if (cursor !== undefined && (order === undefined || order.filter !== filter)) throw staleCursor()
    if (order !== undefined && cursor !== undefined)
      return this.#nextOfOrder(list, query, order, cursor.order, cursor.at)
    const { entries, total, facets } = await select(list, query, Math.max(query.limit, FROZEN_AT_ONCE))
    const fresh: FrozenOrder = { sort: query.sortText, filter, ids: entries.map(({ id }) => id), total, facets }
    const key = total > query.limit ? this.#orders.keep(fresh) : ''
    return this.#nextOfOrder(list, query, fresh, key, 0)
  }

  /** The next rows of a frozen order that still exist; the order grows when its ids are used up and more rows match. */
  async #nextOfOrder<T, R>(
    list: LiveList<T, R>,
    query: Query<T>,
    order: FrozenOrder,
    key: string,
    from: number,
  ): Promise<Page<R>> {
    const items: T[] = []
    let at = from
    for (; items.length < query.limit; at += 1) {
      if (at >= order.ids.length && !(await grow(list, query, order))) break
      const item = list.find(order.ids[at] as string)
      if (item !== undefined) items.push(item)
    }
    const isEnd = at >= order.ids.length && !(await grow(list, query, order))
    const next = isEnd ? undefined : encodeLiveCursor({ kind: 'order', sort: query.sortText, order: key, at })
    return page(list, items, order.total, order.facets, next)
  }
}

/** Adds the rows that match now and that the order has not shown; false if there are none. */
async function grow<T, R>(list: LiveList<T, R>, query: Query<T>, order: FrozenOrder): Promise<boolean> {
  if (order.ids.length < FROZEN_AT_ONCE) return false
  const seen = new Set(order.ids)
  const unseen: Test<T> = (item) => !seen.has(list.id(item)) && query.test(item)
  const { entries } = await select(list, { ...query, test: unseen }, FROZEN_AT_ONCE)
  order.ids.push(...entries.map(({ id }) => id))
  return entries.length > 0
}

function readQuery<T, R>(list: LiveList<T, R>, request: ListRequest, also: Test<T>): Query<T> {
  const sortText = request.sort ?? list.defaultSort
  const descending = sortText.startsWith('-')
  const name = descending ? sortText.slice(1) : sortText
  const sort = Object.hasOwn(list.sorts, name) ? list.sorts[name] : undefined
  if (sort === undefined) {
    const known = Object.keys(list.sorts).join(', ')
    throw badRequest(`This list cannot be sorted by ${name}; it can be sorted by ${known}.`, [
      { path: 'sort', message: `one of ${known}` },
    ])
  }
  const fits = list.filter(request.tokens)
  return { test: (item) => fits(item) && also(item), sort, sortText, descending, limit: request.limit }
}

async function select<T, R>(list: LiveList<T, R>, query: Query<T>, size: number, after?: Place): Promise<Selection<T>> {
  const top = new TopK<T>(size, query.descending)
  const { test, sort, descending } = query
  const counters = Object.entries(list.facets).map(([name, of]) => ({ name, of, counts: new Map<string, number>() }))
  let total = 0
  const slices = new WalkSlices()
  for (const item of list.all()) {
    if (slices.isDue()) await slices.pause()
    if (!test(item)) continue
    total += 1
    for (const { of, counts } of counters) count(counts, of(item))
    const value = sort.of(item)
    const id = list.id(item)
    if (after === undefined || comesBefore(after, { value, id }, descending)) top.offer(value, id, item)
  }
  const facets = Object.fromEntries(counters.map(({ name, counts }) => [name, plain(counts)]))
  return { entries: top.sorted(), total, facets }
}

function count(counts: Map<string, number>, value: string): void {
  const before = counts.get(value)
  if (before !== undefined) counts.set(value, before + 1)
  else if (counts.size < FACET_VALUES) counts.set(value, 1)
  else counts.set('other', (counts.get('other') ?? 0) + 1)
}

/** Without a prototype: clients choose their names, and one may be __proto__. */
function plain(counts: ReadonlyMap<string, number>): Record<string, number> {
  const object = Object.create(null) as Record<string, number>
  for (const [value, times] of counts) object[value] = times
  return object
}

function page<T, R>(
  list: LiveList<T, R>,
  items: readonly T[],
  total: number,
  facets: Page<R>['facets'],
  next: string | undefined,
): Page<R> {
  return { items: items.map(list.row), total, ...(next === undefined ? {} : { next }), nodes: oneNode, facets }
}

function busy(): never {
  throw new ProblemError(503, 'busy', 'Too many lists are being read at once; try again in a second.', {
    retryAfterMs: 1000,
  })
}

function staleCursor(): ProblemError {
  return badRequest(
    'The cursor is too old or belongs to another list, filter or order; request the first page again.',
    [{ path: 'cursor', message: 'unknown' }],
  )
}
