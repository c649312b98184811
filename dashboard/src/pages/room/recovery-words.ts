import { limits, recoveryFailures, type RecoveryFailure, type RecoveryResult } from '@gatehouse/protocol'
import { fixed } from '../../format/number.js'
import type { Cause } from '../../ui/causes.js'

interface Words {
  /** What happened to the member that resumed. */
  readonly says: string
  /** What to change so that it happens less often. */
  readonly remedy: string
}

const WORDS: Record<RecoveryFailure, Words> = {
  epoch_changed: {
    says: 'The room had started over: the node restarted, its history was cleared, or it was forgotten while empty.',
    remedy: 'There was nothing left to resume from.',
  },
  trimmed: {
    says: 'Newer messages had pushed out what was missed.',
    remedy: 'Raise history.count or history.bytes of the room type, or HISTORY_BYTES of the node.',
  },
  expired: {
    says: 'What was missed was older than the room keeps.',
    remedy: 'Raise history.ageMs of the room type.',
  },
  over_limit: {
    says: `More was missed than a resume brings: ${limits.recoveryMessages} messages or ${limits.recoveryBytes / 1024} KiB.`,
    remedy: 'Let the application load the rest from history in pages.',
  },
  history_off: {
    says: 'The room type keeps no history.',
    remedy: 'Make it recoverable if its messages matter.',
  },
  not_authorized: {
    says: 'The token gives no right to history, and the position is from before the first join of the session.',
    remedy: 'Give the right, or let the client keep its session.',
  },
  bus_unavailable: {
    says: 'The history did not answer in time.',
    remedy: 'Check the node and where it keeps its history.',
  },
}

/** How the resumes of a room went. */
export interface Resumes {
  readonly all: number
  readonly recovered: number
  /** Percent that got all they missed, with one decimal, rounded down: 100.0 means that nobody lost anything. */
  readonly rate: string
  /** The reasons that occurred, the most frequent first. */
  readonly failures: readonly Cause[]
}

/** Counts a room's resumes, with words for each reason that occurred. */
export function resumesOf(recoveries: Readonly<Record<RecoveryResult, number>>): Resumes {
  const failures = recoveryFailures
    .map((reason) => ({ name: reason, count: recoveries[reason], ...WORDS[reason] }))
    .filter((failure) => failure.count > 0)
    .sort((first, second) => second.count - first.count)
  const failed = failures.reduce((sum, failure) => sum + failure.count, 0)
  const { recovered } = recoveries
  const all = recovered + failed
  const rate = fixed(all === 0 ? 0 : Math.floor((recovered * 1000) / all) / 10, 1)
  return { all, recovered, rate, failures }
}
