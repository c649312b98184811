import type { Operation, OperationState } from '@gatehouse/protocol/rest'
import { duration } from '../../format/time.js'

/** One step of an operation as the strip shows it. */
export interface Phase {
  readonly state: OperationState
  readonly word: string
  readonly when: 'done' | 'now' | 'next'
  /** How long it took, or has taken so far; for the last, what follows. */
  readonly detail: string
}

const WORDS = { prepare: 'preparing', notify: 'notifying', run: 'closing', finish: 'finishing', done: 'done' } as const
type Step = keyof typeof WORDS
const ORDER: readonly Step[] = ['prepare', 'notify', 'run', 'finish', 'done']

/** The five steps of an operation: which are done, which is running, which are to come. A pause counts as closing. */
export function phasesOf(operation: Operation, now: number): Phase[] {
  const entered = new Map<Step, number>()
  for (const { state, at } of operation.phases) {
    const step = stepOf(state)
    if (step && !entered.has(step)) entered.set(step, at)
  }
  const ends = operation.state === 'cancelled' || operation.state === 'failed'
  const current = ends ? null : stepOf(operation.state)
  return ORDER.map((step) => {
    const from = entered.get(step)
    const isNow = step === current && step !== 'done'
    const when = isNow ? 'now' : from === undefined ? 'next' : 'done'
    const until = ORDER.slice(ORDER.indexOf(step) + 1)
      .map((later) => entered.get(later))
      .find((at) => at !== undefined)
    const span = from === undefined ? null : (until ?? operation.endedAt ?? now) - from
    return { state: step, word: WORDS[step], when, detail: detailOf(step, span, operation) }
  })
}

function stepOf(state: OperationState): Step | null {
  if (state === 'pause') return 'run'
  return state in WORDS ? (state as Step) : null
}

function detailOf(step: Step, span: number | null, operation: Operation): string {
  if (step === 'done') return operation.kind === 'drain' && operation.parameters.onDone !== 'serve' ? 'then hold' : ''
  return span === null ? '' : duration(span)
}
