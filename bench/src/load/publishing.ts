export interface Publishing {
  /** Messages so far. */
  readonly published: number
  /** Returns how many messages there were. */
  stop(): number
}

/** Calls `publish` at an even rate until stopped; catches up at once after a late timer. */
export function startPublishing(perSecond: number, publish: (message: number) => void): Publishing {
  const startedAt = performance.now()
  let published = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1000)
    for (; published < due; published += 1) publish(published)
  }, 1)
  return {
    get published() {
      return published
    },
    stop: () => {
      clearInterval(timer)
      return published
    },
  }
}
