import type { Operation, OperationDetail, OperationTick } from '@gatehouse/protocol/rest'
import { Action } from '../../live/action.svelte.js'
import { idempotencyKey, type Api } from '../../live/api.js'
import type { Live } from '../../live/live.svelte.js'
import { Resource } from '../../live/resource.svelte.js'

export type OperationAct = 'pause' | 'resume' | 'cancel' | 'finish'

/** What ticks leave out, before the first answer. */
const ONLY_ASKED = { burnDown: [], stragglers: [], codes: {} }

/** One operation as it is watched: the newest that is known of it, and what is done to it. */
export class OperationWatch {
  readonly answer = new Resource<OperationDetail>()
  readonly action = new Action()

  constructor(
    private readonly api: Api,
    private readonly live: Live,
    readonly id: string,
  ) {}

  /** Whether anything can still be done to it. */
  readonly isRunning = $derived(isRunning(this.answer.value))

  /** Asks once and then listens; returns the function that stops. */
  start(): () => void {
    void this.#load()
    return this.live.watch<OperationTick>(`sys:operation:${this.id}`, (tick) => this.#take(tick))
  }

  /** Does something to it; true when the node accepted it. */
  act(what: OperationAct): Promise<boolean> {
    return this.#act('POST', `${this.#path()}/${what}`)
  }

  setRate(rate: number): Promise<boolean> {
    return this.#act('PATCH', this.#path(), { rate })
  }

  returnToService(): Promise<boolean> {
    return this.#act('POST', '/v1/node/return-to-service')
  }

  #path(): string {
    return `/v1/operations/${encodeURIComponent(this.id)}`
  }

  #load(): Promise<unknown> {
    return this.answer.load((signal) => this.api.get(this.#path(), {}, signal))
  }

  #take({ operation, point }: OperationTick): void {
    const hasEnded = this.isRunning && !isRunning(operation)
    const known = { ...ONLY_ASKED, ...this.answer.value }
    const isNewer = point !== null && point.at > (known.burnDown.at(-1)?.at ?? 0)
    const burnDown = isNewer ? [...known.burnDown, point] : known.burnDown
    this.answer.take({ ...known, ...operation, burnDown })
    if (hasEnded) void this.#load()
  }

  async #act(method: 'POST' | 'PATCH', path: string, body: unknown = {}): Promise<boolean> {
    await this.action.run(async () => {
      await this.api.once(method, path, body, idempotencyKey())
      await this.#load()
    })
    return this.action.failure === null
  }
}

function isRunning(operation: Operation | undefined): boolean {
  return operation !== undefined && !['done', 'cancelled', 'failed'].includes(operation.state)
}
