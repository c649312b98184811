import type { OperationState } from '@gatehouse/protocol/rest'
import type { OperationKind } from '../plan/drain-pace.js'

export interface NoteFacts {
  readonly state: OperationState
  readonly kind: OperationKind
  readonly isShutdown: boolean
  readonly isOvertaken: boolean
  readonly remaining: number
  readonly inFlight: number
  /** Closes a second aimed at. */
  readonly rate: number
  readonly holds: boolean
  readonly failure: string | null
}

/** One sentence: what the operation does now and why. */
export function noteOf(facts: NoteFacts): string {
  const { state, remaining, inFlight, rate } = facts
  const waiting = remaining - inFlight
  switch (state) {
    case 'prepare':
      return facts.kind === 'drain'
        ? 'No longer ready, but still accepting, so that the balancer can notice.'
        : 'About to begin.'
    case 'notify':
      return 'New clients are turned away; the connected ones have been told and may leave by themselves.'
    case 'run':
      return waiting === 0 ? waitingFor(inFlight) : `Closing ${rate} a second; ${waiting} wait for their turn.`
    case 'pause':
      return `Paused: no closes are issued, ${remaining} connections remain.`
    case 'finish':
      if (facts.isOvertaken) return 'A stop signal came: the shutdown closes what is left.'
      return waiting === 0 ? waitingFor(inFlight) : `Closing the last ${waiting} at ${rate} a second.`
    case 'done':
      if (facts.isShutdown) return 'Empty; the node stops.'
      if (facts.holds) return 'Done; the node stays out of service until it is returned to service.'
      return facts.kind === 'drain' ? 'Done; the node is in service.' : 'Done.'
    case 'cancelled':
      if (facts.failure !== null) return `Cancelled: ${facts.failure}.`
      return remaining === 1
        ? 'Cancelled; 1 connection was left alone.'
        : `Cancelled; ${remaining} connections were left alone.`
    default:
      return `Failed: ${facts.failure ?? 'no cause is known'}.`
  }
}

const waitingFor = (inFlight: number): string =>
  inFlight === 1 ? 'Waiting for the last close to complete.' : `Waiting for the last ${inFlight} closes to complete.`
