import { OperationSchedule } from '../operations/run/operation-schedule.js'
import type { JobConnection } from './job-connection.js'
import { JobQueue, type JobCounts, type JobOutcome } from './job-queue.js'
import type { MaintenanceTask } from './maintenance-task.js'

/** What jobs do with the engine. */
interface TendedOperations {
  /** Begins, watches or settles an operation; may be called any number of times. */
  tend(id: string): Promise<'running' | 'over'>
}

export interface JobsOptions {
  readonly connection: JobConnection
  readonly engine: TendedOperations
  readonly tasks: readonly MaintenanceTask[]
  /** Errors of connections and jobs; they are being retried. */
  readonly onError: (error: Error) => void
  /** How often a running operation is looked at, milliseconds. */
  readonly tendEveryMs?: number
}

export interface JobsReading {
  readonly queue: string
  readonly failures: number
  /** Null while PostgreSQL does not answer. */
  readonly counts: JobCounts | null
}

const RETRY_MS = 1000
const DEFAULT_TEND_EVERY_MS = 10_000

/**
 * The queues `operations` and `maintenance`. An operation's job has its id, begins it when its time has come and checks
 * on it until it is over. While PostgreSQL is away operations are only late: orders are kept and passed on later.
 */
export class Jobs extends OperationSchedule {
  readonly #options: JobsOptions
  readonly #operations: JobQueue
  readonly #maintenance: JobQueue
  readonly #toFollow = new Map<string, number | undefined>()
  #retry: NodeJS.Timeout | null = null
  #isStopped = false
  #areTasksSet = false
  #trying: Promise<void> | null = null

  constructor(options: JobsOptions) {
    super()
    this.#options = options
    const { connection, onError } = options
    const onBroken = (): void => {
      this.#areTasksSet = false
      this.#tryLater()
    }
    this.#operations = new JobQueue({
      name: 'operations',
      connection,
      onError,
      onBroken,
      process: (job) => this.#tend(job.id),
    })
    this.#maintenance = new JobQueue({
      name: 'maintenance',
      connection,
      onError,
      onBroken,
      process: (job) => this.#maintain(job.name),
    })
  }

  /** Begins to take jobs. Where PostgreSQL does not answer it keeps trying, and resolves anyway. */
  async start(): Promise<void> {
    await this.#tryAll()
  }

  async follow(id: string, startAt?: number): Promise<void> {
    if (startAt !== undefined) {
      await this.#add(id, startAt)
      return
    }
    this.#toFollow.set(id, startAt)
    await this.#tryAll()
  }

  /** For metrics. */
  async readings(): Promise<readonly JobsReading[]> {
    return Promise.all(
      [this.#operations, this.#maintenance].map(async (queue) => ({
        queue: queue.name,
        failures: queue.failures,
        counts: await queue.counts().catch(() => null),
      })),
    )
  }

  /** Stops taking jobs; resolves within some 4 s. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#retry !== null) clearTimeout(this.#retry)
    await Promise.all([this.#operations.close(), this.#maintenance.close()])
  }

  /** One try at a time; a call made meanwhile waits for the next one. */
  async #tryAll(): Promise<void> {
    while (this.#trying !== null) await this.#trying
    this.#trying = this.#tryOnce().finally(() => {
      this.#trying = null
    })
    await this.#trying
  }

  async #tryOnce(): Promise<void> {
    if (this.#isStopped) return
    try {
      for (const queue of [this.#operations, this.#maintenance]) if (!queue.isOpen) await queue.open()
      for (const [id, startAt] of this.#toFollow) {
        await this.#add(id, startAt)
        this.#toFollow.delete(id)
      }
      await this.#setTasks()
    } catch (error) {
      this.#options.onError(error instanceof Error ? error : new Error(String(error)))
      this.#tryLater()
    }
  }

  #tryLater(): void {
    if (this.#isStopped || this.#retry !== null) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      void this.#tryAll()
    }, RETRY_MS).unref()
  }

  async #add(id: string, startAt: number | undefined): Promise<void> {
    const delayMs = startAt === undefined ? this.#tendEveryMs : Math.max(0, startAt - Date.now())
    await this.#operations.add(id, 'tend', delayMs)
  }

  async #setTasks(): Promise<void> {
    if (this.#areTasksSet) return
    for (const task of this.#options.tasks) await this.#maintenance.every(task.name, task.everyMs)
    this.#areTasksSet = true
  }

  async #tend(id: string): Promise<JobOutcome> {
    const outcome = await this.#options.engine.tend(id)
    return outcome === 'running' ? { againInMs: this.#tendEveryMs } : undefined
  }

  async #maintain(name: string): Promise<JobOutcome> {
    const task = this.#options.tasks.find((candidate) => candidate.name === name)
    // A job left by a scheduler of a newer or older version means nothing here.
    if (task !== undefined) await task.run()
    return undefined
  }

  get #tendEveryMs(): number {
    return this.#options.tendEveryMs ?? DEFAULT_TEND_EVERY_MS
  }
}
