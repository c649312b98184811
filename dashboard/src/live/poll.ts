import { untrack } from 'svelte'
import type { Live } from './live.svelte.js'

/**
 * Runs something now, and again `everyMs` after each run has ended, but not while the tab is hidden or the page is
 * paused. Made to be returned from an effect, which does not depend on what `run` reads.
 */
export function poll(live: Pick<Live, 'pausedAt'>, everyMs: number, run: () => Promise<unknown>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = false
  const turn = async (isFirst: boolean): Promise<void> => {
    if (isFirst || (!document.hidden && live.pausedAt === null)) await run()
    if (!isStopped) timer = setTimeout(() => void turn(false), everyMs)
  }
  untrack(() => void turn(true))
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
