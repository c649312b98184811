import { performance } from 'node:perf_hooks'
import { Clock, type Cancel } from '../realtime/ports/clock.js'

/** This machine's clock. */
export class SystemClock extends Clock {
  override wallMs(): number {
    return Date.now()
  }

  override nowMs(): number {
    return performance.now()
  }

  override idleMs(): number {
    return performance.nodeTiming.idleTime
  }

  override after(ms: number, task: () => void, hold = false): Cancel {
    const timer = setTimeout(task, ms)
    if (!hold) timer.unref()
    return () => clearTimeout(timer)
  }

  override every(ms: number, task: () => void): Cancel {
    const timer = setInterval(task, ms)
    timer.unref()
    return () => clearInterval(timer)
  }

  override atTurnEnd(task: () => void): void {
    setImmediate(task)
  }
}
