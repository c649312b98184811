import type { Mark, Operation, OperationDetail, Page } from '@gatehouse/protocol/rest'
import { oneNode, type ListRequest } from '../../store/repositories/list-request.js'
import { OperationRepository, type OperationRow } from '../../store/repositories/operation-repository.js'
import { PlanRepository, type StoredPlan } from '../../store/repositories/plan-repository.js'
import { StoreUnavailable } from '../../store/repositories/store-errors.js'

/** A store of operations in memory that a test can take down; rows are copied, as a database would. */
export class MemoryOperations extends OperationRepository {
  readonly rows = new Map<string, OperationRow>()
  isDown = false
  writes = 0

  async create(row: Omit<OperationRow, 'epoch'>): Promise<void> {
    this.#requireUp()
    this.writes++
    if (!this.rows.has(row.operation.id)) this.rows.set(row.operation.id, structuredClone({ ...row, epoch: 1 }))
  }

  async claim(id: string): Promise<OperationRow | undefined> {
    this.#requireUp()
    const row = this.rows.get(id)
    if (row === undefined) return undefined
    const claimed = { ...row, epoch: row.epoch + 1 }
    this.rows.set(id, claimed)
    return structuredClone(claimed)
  }

  async save(id: string, epoch: number, change: { operation: OperationDetail; cursor: unknown }): Promise<boolean> {
    this.#requireUp()
    this.writes++
    const row = this.rows.get(id)
    if (row === undefined || row.epoch !== epoch) return false
    this.rows.set(id, structuredClone({ ...row, ...change }))
    return true
  }

  async find(id: string): Promise<OperationRow | undefined> {
    this.#requireUp()
    return structuredClone(this.rows.get(id))
  }

  async unfinished(node: string): Promise<readonly OperationRow[]> {
    this.#requireUp()
    return [...this.rows.values()].filter(({ operation: o }) => o.node === node && (o.endedAt === null || o.holds))
  }

  async list(request: ListRequest): Promise<Page<Operation>> {
    this.#requireUp()
    const items = [...this.rows.values()].map((row) => row.operation).sort((a, b) => b.createdAt - a.createdAt)
    return { items: structuredClone(items.slice(0, request.limit)), total: items.length, nodes: oneNode }
  }

  async marks(): Promise<readonly Mark[]> {
    return []
  }

  #requireUp(): void {
    if (this.isDown) throw new StoreUnavailable()
  }
}

export class MemoryPlans extends PlanRepository {
  readonly plans = new Map<string, StoredPlan>()

  async save(plan: StoredPlan): Promise<void> {
    this.plans.set(plan.plan.planId, plan)
  }

  async find(planId: string): Promise<StoredPlan | undefined> {
    return this.plans.get(planId)
  }
}
