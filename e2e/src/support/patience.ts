import { setTimeout as wait } from 'node:timers/promises'

const PAUSE_MS = 250
const MOST_MS = 15_000

/**
 * Tries again while a node refuses an opening because its loop lags, which happens on a busy machine. Any other refusal
 * is thrown.
 */
export async function patiently<T>(open: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + MOST_MS
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof Error && /overload/.test(error.message)) || Date.now() > deadline) throw error
      await wait(PAUSE_MS)
    }
  }
}
