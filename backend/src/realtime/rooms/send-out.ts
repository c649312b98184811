import type { Clock } from '../ports/clock.js'
import type { Room } from './room.js'

/** Sending out takes at least this long a turn before it yields, milliseconds. */
const SHORTEST_SLICE_MS = 1
/** And at most this long, however long the turn before was. */
const LONGEST_SLICE_MS = 20

/**
 * Sends out what rooms collected in a loop turn, at its end. It gets as much of the loop as everything else had since it
 * last ran, so that neither input nor output starves, and then yields; an unfinished room goes on behind the others.
 */
export class SendOut {
  readonly #clock: Clock
  #due: Room[] = []
  #isScheduled = false
  #slicedAtMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Makes sure that what the room holds goes out at the end of this turn, or when it has rested. */
  schedule(room: Room): void {
    if (!room.makeDue()) return
    this.#due.push(room)
    this.#scheduleTurn()
  }

  #scheduleTurn(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.atTurnEnd(() => this.#run())
  }

  #run(): void {
    this.#isScheduled = false
    const startedMs = this.#clock.nowMs()
    const slice = Math.min(LONGEST_SLICE_MS, Math.max(SHORTEST_SLICE_MS, startedMs - this.#slicedAtMs))
    const deadlineMs = startedMs + slice
    const batch = this.#due
    this.#due = []
    for (let i = 0; i < batch.length; i += 1) {
      const room = batch[i] as Room
      if (i > 0 && this.#clock.nowMs() > deadlineMs) this.#due.push(room)
      else this.#serve(room, deadlineMs)
    }
    if (this.#due.length > 0) this.#scheduleTurn()
  }

  #serve(room: Room, deadlineMs: number): void {
    const restMs = room.rest()
    if (restMs > 0) {
      this.#clock.after(Math.ceil(restMs), () => {
        room.wake()
        this.schedule(room)
      })
      return
    }
    const isDone = room.sendOut(deadlineMs)
    // A turn in which all rooms had to rest took nothing of the loop, and so does not count as a slice.
    this.#slicedAtMs = this.#clock.nowMs()
    if (!isDone) this.schedule(room)
  }
}
