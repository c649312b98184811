import { createPostgresBackend, DelayedError, Queue, Worker, type Job } from 'bullmq'
import { bullConnection, type JobConnection } from './job-connection.js'

/** What a processor answers: it is over, or it wants to look again in so many milliseconds. */
export type JobOutcome = { readonly againInMs: number } | undefined

export interface JobQueueOptions {
  /** Without ':'. */
  readonly name: string
  readonly connection: JobConnection
  /** Must be idempotent: a job may be processed again after a crash. */
  readonly process: (job: { readonly id: string; readonly name: string }) => Promise<JobOutcome>
  readonly onError: (error: Error) => void
}

export interface JobCounts {
  readonly waiting: number
  readonly delayed: number
  readonly active: number
  readonly failed: number
}

/** After an error of the connection: soon enough that a job starts within 5 s of PostgreSQL's return. */
const retryMs = 1000
/** How long a lost notification may go unnoticed, seconds. */
const pollSeconds = 2
/** What ended is kept for looking at, and no more. */
const kept = { removeOnComplete: { count: 200, age: 86_400 }, removeOnFail: { count: 500, age: 7 * 86_400 } }
/** A job that finds the queue closing or PostgreSQL gone must not hold the process. */
const closeTimeoutMs = 2000

type PostgresQueue = ReturnType<typeof makeQueue>
type PostgresWorker = ReturnType<typeof makeWorker>

/** One BullMQ queue on PostgreSQL with its one worker in this process. */
export class JobQueue {
  readonly name: string
  readonly #options: JobQueueOptions
  #queue: PostgresQueue | null = null
  #worker: PostgresWorker | null = null
  #failures = 0

  constructor(options: JobQueueOptions) {
    this.name = options.name
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#queue !== null
  }

  /** Jobs of this process that failed since it started. */
  get failures(): number {
    return this.#failures
  }

  /**
   * Migrates BullMQ's schema where needed and begins to take jobs.
   *
   * @throws whatever PostgreSQL or its connection says; then nothing is left open and it may be called again
   */
  async open(): Promise<void> {
    const { name, connection, onError } = this.#options
    const queue = makeQueue(name, connection)
    queue.on('error', onError)
    try {
      await queue.waitUntilReady()
    } catch (error) {
      await queue.close().catch(onError)
      throw error
    }
    const worker = makeWorker(name, connection, (job, token) => this.#process(job, token))
    worker.on('error', onError)
    worker.on('failed', (_job, error) => {
      this.#failures++
      onError(error)
    })
    this.#queue = queue
    this.#worker = worker
  }

  /** Adds a job unless one of that id is there; `delayMs` from now. */
  async add(id: string, name: string, delayMs = 0): Promise<void> {
    await this.#opened().add(name, {}, { jobId: id, delay: delayMs })
  }

  /** Adds a job that runs every `everyMs`, on one node at a time; tried three times each. */
  async every(name: string, everyMs: number): Promise<void> {
    const opts = { ...kept, attempts: 3, backoff: { type: 'exponential', delay: 5000 } }
    await this.#opened().upsertJobScheduler(name, { every: everyMs }, { name, data: {}, opts })
  }

  async counts(): Promise<JobCounts> {
    const counts = await this.#opened().getJobCounts('waiting', 'delayed', 'active', 'failed')
    const of = (state: string): number => counts[state] ?? 0
    return { waiting: of('waiting'), delayed: of('delayed'), active: of('active'), failed: of('failed') }
  }

  /** Ends worker and queue; what cannot be ended in time is left to the process's end. */
  async close(): Promise<void> {
    const [queue, worker] = [this.#queue, this.#worker]
    this.#queue = null
    this.#worker = null
    await this.#within(worker?.close())
    await this.#within(queue?.close())
  }

  async #process(job: Job, token: string | undefined): Promise<void> {
    if (job.id === undefined) throw new Error(`a job of queue ${this.name} came without an id`)
    const outcome = await this.#options.process({ id: job.id, name: job.name })
    if (outcome === undefined) return
    await job.moveToDelayed(Date.now() + outcome.againInMs, token)
    throw new DelayedError()
  }

  async #within(closing: Promise<void> | undefined): Promise<void> {
    if (closing === undefined) return
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeTimeoutMs)
    })
    await Promise.race([closing.catch(this.#options.onError), patience])
    clearTimeout(timer)
  }

  #opened(): PostgresQueue {
    if (this.#queue === null) throw new Error(`the queue ${this.name} is not open; PostgreSQL did not answer yet`)
    return this.#queue
  }
}

function makeQueue(name: string, connection: JobConnection) {
  return new Queue(name, { connection: bullConnection(connection), defaultJobOptions: kept }, createPostgresBackend)
}

function makeWorker(
  name: string,
  connection: JobConnection,
  process: (job: Job, token: string | undefined) => Promise<void>,
) {
  const options = { connection: bullConnection(connection), runRetryDelay: retryMs, drainDelay: pollSeconds }
  return new Worker(name, process, options, createPostgresBackend)
}
