import { createPostgresBackend, DelayedError, Queue, Worker, type Job } from 'bullmq'
import { ErrorBurst } from './error-burst.js'
import { hearClients } from './heard-clients.js'
import { shutdownSteps } from '../operations/shutdown-budget.js'
import { bullConnection, type JobConnection } from './job-connection.js'

/** The result of a processor: undefined when the job is over, else in how many milliseconds to run it again. */
export type JobOutcome = { readonly againInMs: number } | undefined

export interface JobQueueOptions {
  /** Without ':'. */
  readonly name: string
  readonly connection: JobConnection
  /** Must be idempotent: a job may be processed again after a crash. */
  readonly process: (job: { readonly id: string; readonly name: string }) => Promise<JobOutcome>
  readonly onError: (error: Error) => void
  /** The queue closed itself because it only failed; `open` it again in a while. */
  readonly onBroken: () => void
}

export interface JobCounts {
  readonly waiting: number
  readonly delayed: number
  readonly active: number
  readonly failed: number
}

/** After an error of the connection: soon enough that a job starts within 5 s of PostgreSQL's return. */
const RETRY_MS = 1000
/** How long a lost notification may go unnoticed, seconds. */
const POLL_SECONDS = 2
/** Ended jobs are kept for inspection only. */
const kept = { removeOnComplete: { count: 200, age: 86_400 }, removeOnFail: { count: 500, age: 7 * 86_400 } }

type PostgresQueue = ReturnType<typeof makeQueue>
type PostgresWorker = ReturnType<typeof makeWorker>

/** One BullMQ queue on PostgreSQL with its one worker in this process. */
export class JobQueue {
  readonly name: string
  readonly #options: JobQueueOptions
  #queue: PostgresQueue | null = null
  #worker: PostgresWorker | null = null
  #failures = 0
  readonly #burst = new ErrorBurst(() => performance.now())

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
   * @throws errors of PostgreSQL or its connection; then nothing is left open and it may be called again
   */
  async open(): Promise<void> {
    const { name, connection, onError } = this.#options
    hearClients()
    const queue = makeQueue(name, connection)
    queue.on('error', (error) => this.#heard(error))
    let worker: PostgresWorker | null = null
    try {
      await queue.waitUntilReady()
      worker = makeWorker(name, connection, (job, token) => this.#process(job, token))
      worker.on('error', (error) => this.#heard(error))
      worker.on('failed', (_job, error) => {
        this.#failures++
        onError(error)
      })
      // A worker that did not get ready never will: what it waited for has failed for good.
      await worker.waitUntilReady()
    } catch (error) {
      await this.#within(worker?.close(true))
      await this.#within(queue.close())
      throw error
    }
    this.#queue = queue
    this.#worker = worker
  }

  /** Adds a job unless one of that id is there; `delayMs` from now. */
  async add(id: string, name: string, delayMs = 0): Promise<void> {
    try {
      await this.#opened().add(name, {}, { jobId: id, delay: delayMs })
    } catch (error) {
      if (error instanceof Error && isSchemaGone(error)) this.#heard(error)
      throw error
    }
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

  /** Ends worker and queue; what does not end in time is left to the end of the process. */
  async close(): Promise<void> {
    const [queue, worker] = [this.#queue, this.#worker]
    this.#queue = null
    this.#worker = null
    await this.#within(worker?.close())
    await this.#within(queue?.close())
  }

  /**
   * BullMQ retries without a pause when its connection is of no use any more: when its listening client died before
   * BullMQ watched for that, or when its schema is gone. Such a loop would take the whole process, so it ends here.
   */
  #heard(error: Error): void {
    const { isTold, isLoop } = this.#burst.count()
    if (isTold) this.#options.onError(error)
    if (this.#worker === null || (!isLoop && !isSchemaGone(error))) return
    void this.#worker.close(true)
    void this.close()
    this.#options.onBroken()
  }

  async #process(job: Job, token: string | undefined): Promise<void> {
    if (job.id === undefined) throw new Error(`a job of queue ${this.name} has no id`)
    const outcome = await this.#options.process({ id: job.id, name: job.name })
    if (outcome === undefined) return
    await job.moveToDelayed(Date.now() + outcome.againInMs, token)
    throw new DelayedError()
  }

  async #within(closing: Promise<void> | undefined): Promise<void> {
    if (closing === undefined) return
    // A job that finds the queue closing or PostgreSQL gone must not hold the process.
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, shutdownSteps.jobsMs)
    })
    await Promise.race([closing.catch(this.#options.onError), patience])
    clearTimeout(timer)
  }

  #opened(): PostgresQueue {
    if (this.#queue === null) throw new Error(`the queue ${this.name} is not open; PostgreSQL has not answered yet`)
    return this.#queue
  }
}

/** PostgreSQL knows no such schema, table or function: the database is older than BullMQ's migrations. */
function isSchemaGone(error: Error): boolean {
  return 'code' in error && ['3F000', '42P01', '42883'].includes(String(error.code))
}

function makeQueue(name: string, connection: JobConnection) {
  return new Queue(name, { connection: bullConnection(connection), defaultJobOptions: kept }, createPostgresBackend)
}

function makeWorker(
  name: string,
  connection: JobConnection,
  process: (job: Job, token: string | undefined) => Promise<void>,
) {
  const options = { connection: bullConnection(connection), runRetryDelay: RETRY_MS, drainDelay: POLL_SECONDS }
  return new Worker(name, process, options, createPostgresBackend)
}
