import { Clock, type Cancel } from '../ports/clock.js'
import type { Random } from '../ports/random.js'

interface Timer {
  atMs: number
  readonly everyMs: number | null
  readonly order: number
  readonly task: () => void
}

/**
 * Time that stands still until a test moves it. Turn ends run when the test says `turn()` or time moves. With `order`,
 * tasks that are due at one moment, or wait for one turn's end, run in any order, and a turn may end between two timers
 * of one moment or after them.
 */
export class ManualClock extends Clock {
  /** Of the time that passes from now on, the share in which this thread has something to do. */
  load = 0
  #idleMs = 0
  #passedMs = 0
  #timersMade = 0
  #timers: Timer[] = []
  #turnEnd: (() => void)[] = []

  constructor(
    private startedAtMs = Date.UTC(2026, 0, 5, 12),
    private readonly order: Random | null = null,
  ) {
    super()
  }

  override wallMs(): number {
    return this.startedAtMs + this.#passedMs
  }

  override nowMs(): number {
    return this.#passedMs
  }

  override idleMs(): number {
    return this.#idleMs
  }

  override after(ms: number, task: () => void): Cancel {
    return this.#add(ms, null, task)
  }

  override every(ms: number, task: () => void): Cancel {
    return this.#add(ms, ms, task)
  }

  override atTurnEnd(task: () => void): void {
    this.#turnEnd.push(task)
  }

  /** Timers that have not run or been cancelled. */
  get timerCount(): number {
    return this.#timers.length
  }

  /** Ends the loop turn: runs the tasks that wait for it, but not those that they add. */
  turn(): void {
    const tasks = this.#turnEnd
    this.#turnEnd = []
    if (this.order !== null) shuffle(tasks, this.order)
    for (const task of tasks) task()
  }

  /** Ends loop turns until nothing waits for one. */
  settle(): void {
    for (let turns = 0; this.#turnEnd.length > 0; turns += 1) {
      if (turns > 100_000) throw new Error('each turn end asks for another, without end')
      this.turn()
    }
  }

  /** Lets time pass; each timer runs at its moment, with its turn's end after it. */
  advance(ms: number): void {
    const untilMs = this.#passedMs + ms
    this.settle()
    for (;;) {
      const next = this.#next()
      if (next === undefined || next.atMs > untilMs) break
      this.#pass(Math.max(this.#passedMs, next.atMs))
      if (next.everyMs === null) this.#timers = this.#timers.filter((timer) => timer !== next)
      else next.atMs += next.everyMs
      next.task()
      if (this.order === null || this.order.number() < 0.5 || this.#next()?.atMs !== this.#passedMs) this.settle()
    }
    this.#pass(untilMs)
  }

  /** Time passes without any timer running, as when the process hangs. */
  stall(ms: number): void {
    this.#passedMs += ms
    for (const timer of this.#timers)
      if (timer.everyMs !== null && timer.atMs < this.#passedMs) timer.atMs = this.#passedMs
  }

  #pass(untilMs: number): void {
    this.#idleMs += (untilMs - this.#passedMs) * (1 - this.load)
    this.#passedMs = untilMs
  }

  /** Wall time jumps; monotonic time does not notice. */
  jump(ms: number): void {
    this.startedAtMs += ms
  }

  #next(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (first === undefined || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order))
        first = timer
    }
    if (this.order === null || first === undefined) return first
    const { atMs } = first
    const due = this.#timers.filter((timer) => timer.atMs === atMs)
    return due[Math.floor(this.order.number() * due.length)]
  }

  #add(ms: number, everyMs: number | null, task: () => void): Cancel {
    this.#timersMade += 1
    const timer = { atMs: this.#passedMs + ms, everyMs, order: this.#timersMade, task }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((kept) => kept !== timer)
    }
  }
}

function shuffle(tasks: (() => void)[], random: Random): void {
  for (let i = tasks.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random.number() * (i + 1))
    const task = tasks[i] as () => void
    tasks[i] = tasks[j] as () => void
    tasks[j] = task
  }
}
