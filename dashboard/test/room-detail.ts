import { dropCauses, recoveryResults, type DropCause, type RecoveryResult } from '@gatehouse/protocol'
import type { RoomDetail } from '@gatehouse/protocol/rest'

const zeros = <Name extends string>(names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>

/** Resumes by result; results that are not named are 0. */
export const recoveries = (some: Partial<Record<RecoveryResult, number>> = {}): Record<RecoveryResult, number> => ({
  ...zeros(recoveryResults),
  ...some,
})

/** Dropped deliveries by cause; causes that are not named are 0. */
export const drops = (some: Partial<Record<DropCause, number>> = {}): Record<DropCause, number> => ({
  ...zeros(dropCauses),
  ...some,
})

/** A quiet room, with the given differences. */
export function roomDetail(differences: Partial<RoomDetail> = {}): RoomDetail {
  return {
    name: 'chat:lobby',
    type: 'chat:*',
    kind: 'recoverable',
    state: 'open',
    members: 3,
    epoch: '92qsyvb7y3kqm',
    offset: 0,
    rate: 0,
    openedAt: 0,
    lastMessageAt: null,
    closed: null,
    memberLimit: null,
    slowPolicy: 'disconnect',
    presence: 'asked',
    deliveries: { enqueued: 0, written: 0, dropped: 0, droppedByCause: drops(), discarded: 0, queued: 0 },
    history: null,
    recoveries: recoveries(),
    receipts: null,
    ...differences,
  }
}
