/** What polling looks at before it asks again. */
export interface Pace {
  /** Milliseconds from one answer to the next question. */
  readonly everyMs: number
  /** False while nobody would see the answer. */
  readonly isWanted: () => boolean
}

/**
 * Runs something now and again and again, never twice at a time, and not while the tab is hidden or the page paused.
 * Made to be returned from an effect.
 */
export function poll(run: () => Promise<unknown>, pace: Pace): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = false
  const turn = async (isFirst: boolean): Promise<void> => {
    if (isFirst || (!document.hidden && pace.isWanted())) await run()
    if (!isStopped) timer = setTimeout(() => void turn(false), pace.everyMs)
  }
  void turn(true)
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
