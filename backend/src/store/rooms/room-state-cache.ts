import type { Clock } from '../../realtime/ports/clock.js'
import { RoomStates, type ClosedRoom } from '../../realtime/ports/room-state.js'
import { Refresher } from '../refresher.js'
import type { RoomStateRepository } from '../repositories/room-state-repository.js'

const REFRESH_MS = 3_000

/** The closed rooms in this node's memory. A room whose reopening time has passed counts as open. */
export class RoomStateCache extends RoomStates {
  readonly #states: RoomStateRepository
  readonly #clock: Clock
  readonly #refresher: Refresher
  #revision = -1
  #closed: ReadonlyMap<string, ClosedRoom> = new Map()

  constructor(states: RoomStateRepository, clock: Clock) {
    super()
    this.#states = states
    this.#clock = clock
    this.#refresher = new Refresher(clock, REFRESH_MS, () => this.#read())
    states.onChange(() => this.#refresher.refreshSoon())
  }

  /** Reads the closed rooms for the first time. @throws StoreUnavailable */
  start(): Promise<void> {
    return this.#refresher.start()
  }

  stop(): void {
    this.#refresher.stop()
  }

  /** Resolves when this node knows every change stored before the call. @throws StoreUnavailable */
  refresh(): Promise<void> {
    return this.#refresher.refresh()
  }

  override closed(room: string): ClosedRoom | undefined {
    const closed = this.#closed.get(room)
    return closed === undefined || this.#isOver(closed) ? undefined : closed
  }

  /** All rooms closed now, for lists. */
  *all(): IterableIterator<readonly [string, ClosedRoom]> {
    for (const entry of this.#closed) if (!this.#isOver(entry[1])) yield entry
  }

  async #read(): Promise<void> {
    const revision = await this.#states.revision()
    if (revision === this.#revision) return
    this.#closed = await this.#states.all()
    this.#revision = revision
  }

  #isOver(closed: ClosedRoom): boolean {
    return closed.reopensAt !== null && closed.reopensAt <= this.#clock.wallMs()
  }
}
