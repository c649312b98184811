import { sql } from 'kysely'
import type { Mark, StatsPoint, StatsSeries } from '@gatehouse/protocol/rest'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { OperationRepository } from '../repositories/operation-repository.js'
import { oneNode } from '../repositories/list-request.js'
import { StatsRepository, type SeriesRequest } from '../repositories/stats-repository.js'
import { StoreUnavailable } from '../repositories/store-errors.js'
import { mergeInto } from '../stats/merge-points.js'
import { RecentPoints } from '../stats/recent-points.js'
import { graceMs, planSeries, resolutions, type SeriesPlan } from '../stats/resolutions.js'
import { storableJson } from './storable.js'
import type { Database } from './tables.js'

interface PendingPoint {
  readonly resolution: number
  readonly point: StatsPoint
}

const WRITE_MS = 2_000
const PRUNE_EVERY = 30
const MOST_PENDING = 20_000
const MOST_PER_WRITE = 1_000
const READ_PAGE = 1_000

/** Stats of this node: seconds in memory, everything in PostgreSQL a few seconds later. */
export class PostgresStats extends StatsRepository {
  readonly #db: Database
  readonly #clock: Clock
  readonly #node: string
  readonly #operations: OperationRepository
  readonly #recent = new RecentPoints()
  #pending: PendingPoint[] = []
  #writing: Promise<void> | undefined
  #writes = 0
  #stopTimer: Cancel | undefined

  constructor(db: Database, clock: Clock, node: string, operations: OperationRepository) {
    super()
    this.#db = db
    this.#clock = clock
    this.#node = node
    this.#operations = operations
  }

  /** Loads what the node measured before, then writes every few seconds. @throws StoreUnavailable */
  async start(): Promise<void> {
    const stored = await this.#read(1, 0, Number.MAX_SAFE_INTEGER)
    this.#pending.push(...this.#recent.load(stored, this.#clock.wallMs()))
    this.#stopTimer ??= this.#clock.every(WRITE_MS, () => {
      this.#writeSoon()
    })
  }

  /** Writes the pending points; those that PostgreSQL does not accept now are lost. */
  async stop(): Promise<void> {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    await this.#writing
    this.#writeSoon()
    await this.#writing
  }

  override record(point: StatsPoint): void {
    const closed = this.#recent.add(point)
    this.#pending.push({ resolution: 1, point }, ...closed)
    if (this.#pending.length > MOST_PENDING) this.#pending = thin(this.#pending, this.#clock.wallMs())
  }

  override async series(request: SeriesRequest): Promise<StatsSeries> {
    const plan = planSeries(request.from, request.to, request.step, this.#clock.wallMs())
    const byStart = new Map<number, StatsPoint>()
    const put = (points: readonly StatsPoint[]): void => {
      for (const point of points) if (point.at >= plan.from && point.at < plan.to) byStart.set(point.at, point)
    }
    const [stored, marks] = await Promise.all([
      orElse(() => this.#read(plan.resolution, plan.from, plan.to), []),
      orElse<readonly Mark[]>(() => this.#operations.marks(plan.from, plan.to), []),
    ])
    put(stored)
    put(this.#pending.filter(({ resolution }) => resolution === plan.resolution).map(({ point }) => point))
    put(this.#unclosed(plan, byStart))
    const points = mergeInto([...byStart.values()], plan.step)
    return { from: plan.from, to: plan.to, step: plan.step, points, marks: [...marks], nodes: oneNode }
  }

  override newest(): StatsPoint | undefined {
    return this.#recent.newest()
  }

  /** Intervals that are neither in the table nor pending: the one under way, and all while PostgreSQL is down. */
  #unclosed(plan: SeriesPlan, known: ReadonlyMap<number, StatsPoint>): readonly StatsPoint[] {
    return this.#recent.merged(plan.resolution).filter((point) => !known.has(point.at))
  }

  /** Reads in pages, so that a month of minutes does not delay the gateway's messages. */
  async #read(resolution: number, from: number, to: number): Promise<StatsPoint[]> {
    const points: StatsPoint[] = []
    let at = from
    for (;;) {
      const rows = await this.#db
        .selectFrom('stats')
        .select(['at', 'point'])
        .where('node', '=', this.#node)
        .where('resolution', '=', resolution)
        .where('at', '>=', at)
        .where('at', '<', to)
        .orderBy('at')
        .limit(READ_PAGE)
        .execute()
      for (const row of rows) points.push(row.point as StatsPoint)
      const last = rows.at(-1)
      if (last === undefined || rows.length < READ_PAGE) return points
      at = last.at + 1
    }
  }

  #writeSoon(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  async #write(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const batch = this.#pending.slice(0, MOST_PER_WRITE)
        await this.#insert(batch)
        const written = new Set(batch)
        this.#pending = this.#pending.filter((row) => !written.has(row))
      }
      if (this.#writes++ % PRUNE_EVERY === 0) await this.#prune()
    } catch {
      // What could not be written is tried again next time; StoreHealth reports the outage.
    }
  }

  async #insert(batch: readonly PendingPoint[]): Promise<void> {
    const rows = batch.map(({ resolution, point }) => ({ resolution, at: point.at, point }))
    await sql`
      INSERT INTO gatehouse.stats (node, resolution, at, point)
      SELECT ${this.#node}, r.resolution, r.at, r.point
      FROM json_to_recordset(${storableJson(rows)}::json) AS r (resolution smallint, at bigint, point jsonb)
      ON CONFLICT DO NOTHING`.execute(this.#db)
  }

  async #prune(): Promise<void> {
    for (const { seconds, keptMs } of resolutions) {
      await this.#db
        .deleteFrom('stats')
        .where('resolution', '=', seconds)
        .where('at', '<', this.#clock.wallMs() - keptMs - graceMs)
        .where('node', '=', this.#node)
        .execute()
    }
  }
}

/** Drops the seconds that would be pruned anyway, then the oldest points. */
function thin(pending: readonly PendingPoint[], nowMs: number): PendingPoint[] {
  const keptMs = resolutions[0]?.keptMs ?? 0
  return pending.filter(({ resolution, point }) => resolution > 1 || point.at >= nowMs - keptMs).slice(-MOST_PENDING)
}

async function orElse<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StoreUnavailable) return otherwise
    throw error
  }
}
