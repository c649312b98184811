import type { OperationDetail } from '@gatehouse/protocol/rest'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { OperationRepository, OperationRow } from '../../store/repositories/operation-repository.js'

/** Between two tries while the store does not answer. */
const RETRY_MS = 1000

interface Entry {
  /** Null until the row exists. */
  epoch: number | null
  readonly plan: OperationRow['plan']
  pending: { readonly operation: OperationDetail; readonly cursor: unknown; readonly isLast: boolean } | null
  isWriting: boolean
}

export interface OperationLogPorts {
  readonly clock: Clock
  readonly operations: OperationRepository
  /** Another process owns the row by now. */
  readonly onFenced: (id: string) => void
  readonly onError: (error: unknown) => void
}

/**
 * Writes operations behind: an operation never waits for the store. Only the newest state of each is kept until it is
 * written. It contains all states entered so far, so none is lost.
 */
export class OperationLog {
  readonly #ports: OperationLogPorts
  readonly #entries = new Map<string, Entry>()
  #retry: Cancel | null = null
  readonly #idle = new Set<() => void>()

  constructor(ports: OperationLogPorts) {
    this.#ports = ports
  }

  /** Begins to follow an operation; `epoch` is null for one whose row is to be made. */
  follow(id: string, plan: OperationRow['plan'], epoch: number | null): void {
    this.#entries.set(id, { epoch, plan, pending: null, isWriting: false })
  }

  follows(id: string): boolean {
    return this.#entries.has(id)
  }

  /** @param isLast nothing more will change: once this is written the operation is no longer followed */
  write(id: string, operation: OperationDetail, cursor: unknown, isLast: boolean): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    entry.pending = { operation, cursor, isLast }
    void this.#flush(id, entry)
  }

  /** Waits until all is written, at most `timeoutMs`; returns whether it is. */
  async settle(timeoutMs: number): Promise<boolean> {
    if (this.#isIdle()) return true
    return new Promise((resolve) => {
      const idle = (): void => {
        cancel()
        resolve(true)
      }
      const cancel = this.#ports.clock.after(timeoutMs, () => {
        this.#idle.delete(idle)
        resolve(false)
      })
      this.#idle.add(idle)
    })
  }

  async #flush(id: string, entry: Entry): Promise<void> {
    if (entry.isWriting) return
    entry.isWriting = true
    try {
      while (entry.pending !== null) await this.#writeOne(id, entry)
    } catch (error) {
      this.#ports.onError(error)
      if (this.#retry === null) this.#retry = this.#ports.clock.after(RETRY_MS, () => this.#tryAgain())
    } finally {
      entry.isWriting = false
    }
    if (this.#isIdle()) {
      for (const idle of this.#idle) idle()
      this.#idle.clear()
    }
  }

  async #writeOne(id: string, entry: Entry): Promise<void> {
    const written = entry.pending as NonNullable<Entry['pending']>
    const { isLast, ...change } = written
    if (entry.epoch === null) {
      await this.#ports.operations.create({ ...change, plan: entry.plan })
      entry.epoch = 1
    } else if (!(await this.#ports.operations.save(id, entry.epoch, change))) {
      this.#entries.delete(id)
      entry.pending = null
      this.#ports.onFenced(id)
      return
    }
    // A newer state may have come while this one was written.
    if (entry.pending !== written) return
    entry.pending = null
    if (isLast) this.#entries.delete(id)
  }

  #tryAgain(): void {
    this.#retry = null
    for (const [id, entry] of this.#entries) if (entry.pending !== null) void this.#flush(id, entry)
  }

  #isIdle(): boolean {
    for (const entry of this.#entries.values()) if (entry.pending !== null || entry.isWriting) return false
    return true
  }
}
