import type { Gap } from './events.js'
import type { RoomMessage } from './options.js'
import type { RequestError } from './request-error.js'

/** A message as a loop gets it. */
export interface ReadMessage<T> extends RoomMessage<T> {
  /** What this loop missed directly before this message; absent if nothing is missing. */
  readonly gapBefore?: LoopGap
}

export interface LoopGap {
  /** Undefined where the server could not say. */
  readonly count: number | undefined
  /** With several causes, the newest. `slow_reader`: the loop fell behind, and the oldest messages were dropped. */
  readonly cause: Gap['cause'] | 'slow_reader'
}

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<ReadMessage<T>, undefined>) => void
  readonly reject: (error: RequestError) => void
}

/** Messages of a room on their way into one `for await` loop. Those that wait are bounded; lost ones are reported. */
export class RoomStream<T> implements AsyncIterableIterator<ReadMessage<T>, undefined> {
  readonly #waiting: ReadMessage<T>[] = []
  readonly #readers: Waiter<T>[] = []
  #given: ReadMessage<T> | undefined
  #gap: LoopGap | undefined
  #isOver = false
  #error: RequestError | undefined

  constructor(
    private readonly capacity: number,
    /** The reader asked for the next message, so it is done with this one. */
    private readonly onRead: (message: ReadMessage<T>) => void,
    /** Nothing more is taken: the reader left the loop, or there is nothing more to come. */
    private readonly onEnd: () => void,
  ) {}

  push(message: RoomMessage<T>): void {
    if (this.#isOver) return
    const read = this.#gap === undefined ? message : { ...message, gapBefore: this.#gap }
    this.#gap = undefined
    const reader = this.#readers.shift()
    if (reader !== undefined) return this.#give(reader, read)
    this.#waiting.push(read)
    if (this.#waiting.length > this.capacity) this.#dropOldest()
  }

  /** Reported with the next message. */
  gap({ count, cause }: LoopGap): void {
    this.#gap = sum(this.#gap, { count, cause })
  }

  /** Ends the loop after the messages that wait, with an error if there is one. */
  end(error?: RequestError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    for (const reader of this.#readers.splice(0)) this.#finish(reader)
    this.onEnd()
  }

  next(): Promise<IteratorResult<ReadMessage<T>, undefined>> {
    if (this.#given !== undefined) this.onRead(this.#given)
    this.#given = undefined
    return new Promise((resolve, reject) => {
      const reader = { resolve, reject }
      const message = this.#waiting.shift()
      if (message !== undefined) this.#give(reader, message)
      else if (this.#isOver) this.#finish(reader)
      else this.#readers.push(reader)
    })
  }

  return(): Promise<IteratorResult<ReadMessage<T>, undefined>> {
    this.#waiting.length = 0
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #give(reader: Waiter<T>, message: ReadMessage<T>): void {
    this.#given = message
    reader.resolve({ done: false, value: message })
  }

  #finish({ resolve, reject }: Waiter<T>): void {
    const error = this.#error
    this.#error = undefined
    if (error === undefined) resolve({ done: true, value: undefined })
    else reject(error)
  }

  #dropOldest(): void {
    const lost = sum(this.#waiting.shift()?.gapBefore, { count: 1, cause: 'slow_reader' })
    const oldest = this.#waiting[0]
    if (oldest === undefined) this.#gap = lost
    else
      this.#waiting[0] = { ...oldest, gapBefore: oldest.gapBefore === undefined ? lost : sum(lost, oldest.gapBefore) }
  }
}

function sum(former: LoopGap | undefined, gap: LoopGap): LoopGap {
  if (former === undefined) return gap
  const isKnown = former.count !== undefined && gap.count !== undefined
  return { count: isKnown ? former.count + gap.count : undefined, cause: gap.cause }
}
