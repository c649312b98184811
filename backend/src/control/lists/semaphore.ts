/** Lets `atOnce` pieces of work run and `waiting` more queue; refuses the rest. */
export class Semaphore {
  #running = 0
  readonly #queue: (() => void)[] = []

  constructor(
    private readonly atOnce: number,
    private readonly waiting: number,
  ) {}

  /** Runs the work when there is room; `full` decides what happens when even the queue is full. */
  async run<T>(work: () => Promise<T>, full: () => never): Promise<T> {
    if (this.#running >= this.atOnce) {
      if (this.#queue.length >= this.waiting) full()
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    } else this.#running += 1
    try {
      return await work()
    } finally {
      // The slot passes directly to the next in the queue, so that no newcomer can take it.
      const next = this.#queue.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}
