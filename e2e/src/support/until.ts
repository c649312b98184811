import { setTimeout as wait } from 'node:timers/promises'

/**
 * Calls `probe` until it returns something other than undefined, null or false. What it throws counts as "not yet", and
 * is part of the error when the time is over.
 *
 * @param withinMs 10,000 by default
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  { withinMs = 10_000, everyMs = 50 }: { withinMs?: number; everyMs?: number } = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = Date.now() + withinMs
  let last: unknown
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== null && answer !== false)
        return answer as Exclude<T, undefined | null | false>
      last = answer
    } catch (error) {
      last = error
    }
    if (Date.now() >= deadline) throw new Error(`not within ${withinMs} ms: ${what}; last: ${String(last)}`)
    await wait(everyMs)
  }
}
