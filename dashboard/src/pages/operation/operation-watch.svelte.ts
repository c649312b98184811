import type { BurnPoint, Operation, OperationDetail, OperationTick } from '@gatehouse/protocol/rest'
import { Action } from '../../live/action.svelte.js'
import { idempotencyKey, type Api, type ApiError } from '../../live/api.js'
import type { Live } from '../../live/live.svelte.js'
import { Resource } from '../../live/resource.svelte.js'

export type OperationAct = 'pause' | 'resume' | 'cancel' | 'finish'

/** One operation as it is watched: its state, its burn-down, and what is done to it. */
export class OperationWatch {
  readonly #answer = new Resource<OperationDetail>()
  #live = $state.raw<Operation | null>(null)
  #points = $state.raw<readonly BurnPoint[]>([])
  readonly action = new Action()

  constructor(
    private readonly api: Api,
    private readonly hub: Live,
    readonly id: string,
  ) {}

  /** The newest that is known. */
  get operation(): Operation | undefined {
    return this.#live ?? this.#answer.value
  }
  /** What only a question answers: stragglers and codes. */
  get detail(): OperationDetail | undefined {
    return this.#answer.value
  }
  get points(): readonly BurnPoint[] {
    return this.#points
  }
  get failure(): ApiError | null {
    return this.#answer.failure
  }
  /** Whether anything can still be done to it. */
  readonly isRunning = $derived(!['done', 'cancelled', 'failed'].includes(this.operation?.state ?? 'done'))

  /** Asks once and then listens; returns the function that stops. */
  start(): () => void {
    void this.load()
    return this.hub.watch<OperationTick>(`sys:operation:${this.id}`, (tick) => this.#take(tick))
  }

  async load(): Promise<void> {
    const detail = await this.#answer.load((signal) => this.api.get(this.#path(), {}, signal))
    if (detail) this.#points = detail.burnDown
  }

  /** Does something to it; true when the node took it. */
  act(what: OperationAct): Promise<boolean> {
    return this.#attempt(() => this.api.once<Operation>('POST', `${this.#path()}/${what}`, {}, idempotencyKey()))
  }

  setRate(rate: number): Promise<boolean> {
    return this.#attempt(() => this.api.once<Operation>('PATCH', this.#path(), { rate }, idempotencyKey()))
  }

  returnToService(): Promise<boolean> {
    return this.#attempt(() => this.api.once<unknown>('POST', '/v1/node/return-to-service', {}, idempotencyKey()))
  }

  #path(): string {
    return `/v1/operations/${encodeURIComponent(this.id)}`
  }

  #take(tick: OperationTick): void {
    const hasEnded = this.isRunning && ['done', 'cancelled', 'failed'].includes(tick.operation.state)
    this.#live = tick.operation
    const { point } = tick
    if (point && point.at > (this.#points.at(-1)?.at ?? 0)) this.#points = [...this.#points, point]
    if (hasEnded) void this.load()
  }

  async #attempt(run: () => Promise<unknown>): Promise<boolean> {
    await this.action.run(async () => {
      await run()
      this.#live = null
      await this.load()
    })
    return this.action.failure === null
  }
}
