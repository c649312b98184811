import { refusalCure, refusalSentence, type RefusalEvidence, type RefusalReason } from '@gatehouse/protocol'
import type { Refusal } from '@gatehouse/protocol/rest'
import type { RefusalDraft } from '../../realtime/ports/record-sink.js'
import type { Remembered } from './record-memory.js'

/** A refusal as kept in memory and in the table. */
export interface RefusalEntry extends Remembered {
  readonly id: string
  readonly node: string
  readonly at: number
  readonly reason: RefusalReason
  readonly status: number | null
  readonly evidence: RefusalEvidence
  readonly address: string | null
  readonly origin: string | null
  readonly userAgent: string | null
  readonly user: string | null
  suppressed: number
}

export function refusalEntryOf(draft: RefusalDraft, node: string): RefusalEntry {
  const { id, at, reason, status, evidence, address, origin, userAgent, user } = draft
  return { id, node, at, reason, status, evidence, address, origin, userAgent, user, suppressed: 0, state: 'waiting' }
}

export function refusalOf(entry: RefusalEntry): Refusal {
  const { id, node, at, reason, status, evidence, address, origin, userAgent, user, suppressed } = entry
  return {
    id,
    node,
    at,
    reason,
    status,
    sentence: refusalSentence(reason, evidence),
    cure: refusalCure(reason),
    address,
    origin,
    userAgent,
    user,
    evidence: { ...evidence },
    suppressed,
  }
}
