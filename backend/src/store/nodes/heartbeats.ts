import type { Books } from '@gatehouse/protocol/rest'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { NodeRepository } from '../repositories/node-repository.js'

/** After a crash the count of lost connections is at most so old. */
const EVERY_MS = 1_000

/** Keeps the node's row fresh, so that its next start can say what a crash took with it. */
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

  /** The node ends as it should; an unreachable store leaves it looking lost, which the next start then reports. */
  async stop(): Promise<void> {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    // A beat under way must not come after the farewell.
    await this.#writing
    await this.#nodes.stopped(this.#node, this.#clock.wallMs()).catch(() => undefined)
  }

  async #beat(): Promise<void> {
    const books = this.#books()
    try {
      await this.#nodes.heartbeat({ node: this.#node, at: this.#clock.wallMs(), open: books.open, books })
    } catch {
      // The health of the store says why; the next beat brings everything this one would have.
    }
  }
}
