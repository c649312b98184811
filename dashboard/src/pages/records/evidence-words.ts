import { bytes, count } from '../../format/number.js'
import { dateTime, duration, latency } from '../../format/time.js'

/** One measured fact of a close or a refusal, as it is shown. */
export interface EvidenceWords {
  readonly name: string
  readonly value: string
}

const exact = (value: number): string => String(value)

const WORDS: Readonly<Record<string, readonly [name: string, show: (value: number) => string]>> = {
  silentMs: ['silent for', duration],
  queuedBytes: ['waiting', bytes],
  oldestMs: ['oldest waited', duration],
  lastRttMs: ['last round trip', latency],
  limit: ['limit', count],
  value: ['value', count],
  rule: ['rule', exact],
  retryAfterMs: ['retry after', duration],
  receivedCode: ['code received', exact],
  expiresAt: ['until', (at) => `${dateTime(at)} UTC`],
}

/** Evidence in words and units; a name that is not known here stays as it was recorded. */
export function evidenceWords(evidence: object): readonly EvidenceWords[] {
  return Object.entries(evidence).map(([key, value]: [string, unknown]) => {
    const [name, show] = WORDS[key] ?? [key, exact]
    return { name, value: typeof value === 'number' ? show(value) : String(value) }
  })
}
