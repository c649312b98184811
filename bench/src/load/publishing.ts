/** Calls `publish` at an even rate until stopped; catches up at once after a late timer. */
export function startPublishing(perSecond: number, publish: (message: number) => void): { stop: () => number } {
  const startedAt = performance.now()
  let published = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1000)
    for (; published < due; published += 1) publish(published)
  }, 1)
  return {
    stop: () => {
      clearInterval(timer)
      return published
    },
  }
}
