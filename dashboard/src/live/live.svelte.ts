import { Freshness } from './freshness.svelte.js'
import type { RoomStream, StreamStatus } from './room-stream.js'

/** The room whose samples say how fresh the page is. */
const HEARTBEAT = 'sys:stats'
/** Samples kept while nothing is drawn: a quarter of an hour at 1 Hz. */
const KEPT = 900

/**
 * What arrives from the live hub, handed on at most once per animation frame and not at all while paused; and how fresh
 * it is. A hidden tab gets no frames, so nothing is drawn for it.
 */
export class Live {
  status = $state<StreamStatus>('connecting')
  /** The server's clock now, Unix time in ms; moves twice a second. */
  now = $state(Date.now())
  readonly freshness = new Freshness(this)
  #offsetMs = 0
  #pausedAt = $state<number | null>(null)
  #waiting = $state(0)
  #queues = new Map<(data: never) => void, unknown[]>()
  #isScheduled = false

  constructor(
    private readonly stream: RoomStream,
    private readonly nextFrame: (run: () => void) => void = (run) => requestAnimationFrame(run),
    private readonly clock: () => number = () => Date.now(),
  ) {
    stream.onStatus = (status) => (this.status = status)
    stream.onClock = (offsetMs) => {
      this.#offsetMs = offsetMs
      this.#tick()
    }
  }

  get pausedAt(): number | null {
    return this.#pausedAt
  }
  /** Samples that wait for the pause to end. */
  get waiting(): number {
    return this.#waiting
  }

  /** Opens the stream and the clock; returns the function that closes both. */
  start(): () => void {
    this.#tick()
    this.freshness.start()
    const timer = setInterval(() => this.#tick(), 500)
    const leave = this.stream.join(HEARTBEAT, () => this.#heard())
    this.stream.start()
    return () => {
      clearInterval(timer)
      leave()
      this.stream.stop()
    }
  }

  /** Watches a room; made to be returned from an effect. */
  // The caller names the type, next to the room that sends it.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  watch<T>(room: string, onData: (data: T) => void): () => void {
    this.#queues.set(onData, [])
    const leave = this.stream.join(room, (data) => this.#enqueue(onData, data))
    return () => {
      leave()
      this.#queues.delete(onData)
    }
  }

  reconnect(): void {
    this.stream.reconnect()
  }

  togglePause(): void {
    this.#pausedAt = this.#pausedAt === null ? this.now : null
    this.#waiting = 0
    if (this.#pausedAt === null) this.#schedule()
  }

  #tick(): void {
    this.now = this.clock() + this.#offsetMs
  }

  #heard(): void {
    this.#tick()
    this.freshness.hear()
    if (this.#pausedAt !== null) this.#waiting += 1
  }

  #enqueue(onData: (data: never) => void, data: unknown): void {
    const queue = this.#queues.get(onData)
    if (!queue) return
    queue.push(data)
    if (queue.length > KEPT) queue.shift()
    if (this.#pausedAt === null) this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.nextFrame(() => {
      this.#isScheduled = false
      if (this.#pausedAt === null) this.#flush()
    })
  }

  #flush(): void {
    for (const [onData, queue] of this.#queues) {
      for (const data of queue.splice(0)) onData(data as never)
    }
  }
}
