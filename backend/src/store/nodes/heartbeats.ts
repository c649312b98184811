import type { Books } from '@gatehouse/protocol/rest'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { NodeRepository } from '../repositories/node-repository.js'

/** The count of connections lost in a crash is at most this old. */
const EVERY_MS = 1_000

/** Keeps the node's row up to date, so that the next start can report the connections that a crash ended. */
export class Heartbeats {
  readonly #nodes: NodeRepository
  readonly #clock: Clock
  readonly #node: string
  readonly #books: () => Books
  #writing: Promise<void> | undefined
  #stopTimer: Cancel | undefined

  constructor(nodes: NodeRepository, clock: Clock, node: string, books: () => Books) {
    this.#nodes = nodes
    this.#clock = clock
    this.#node = node
    this.#books = books
  }

  start(): void {
    this.#stopTimer ??= this.#clock.every(EVERY_MS, () => {
      this.#writing ??= this.#beat().finally(() => {
        this.#writing = undefined
      })
    })
  }

  /** Notes an orderly stop. If the store is unreachable, the next start will report a crash. */
  async stop(): Promise<void> {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    // A heartbeat under way must not be written after `stopped`.
    await this.#writing
    await this.#nodes.stopped(this.#node, this.#clock.wallMs()).catch(() => undefined)
  }

  async #beat(): Promise<void> {
    const books = this.#books()
    try {
      await this.#nodes.heartbeat({ node: this.#node, at: this.#clock.wallMs(), open: books.open, books })
    } catch {
      // StoreHealth reports the outage, and the next heartbeat contains everything of this one.
    }
  }
}
