import type { OperationDetail } from '@gatehouse/protocol/rest'
import type { OperatedConnection, OperationHub } from '../operation-hub.js'
import type { OperationLedger } from './operation-ledger.js'

type Straggler = OperationDetail['stragglers'][number]

/** How many of those that remain are shown. */
const MOST = 20

/** The connections that take longest: closes under way first, then those with the most bytes to flush. */
export function stragglersOf(hub: OperationHub, ledger: OperationLedger): Straggler[] {
  const top: { straggler: Straggler; weight: number }[] = []
  for (const id of ledger.ids()) {
    const connection = hub.connections.get(id)
    if (connection === undefined) continue
    const isIssued = ledger.isIssued(id)
    const pendingBytes = connection.outbox.queuedBytes
    const weight = (isIssued ? 2 ** 40 : 0) + pendingBytes
    if (top.length === MOST && weight <= (top[MOST - 1] as { weight: number }).weight) continue
    top.push({ weight, straggler: { id, user: connection.user, why: whyOf(connection, isIssued), pendingBytes } })
    top.sort((a, b) => b.weight - a.weight)
    if (top.length > MOST) top.pop()
  }
  return top.map((entry) => entry.straggler)
}

function whyOf(connection: OperatedConnection, isIssued: boolean): string {
  const pending = connection.outbox.queuedBytes
  if (isIssued) return pending > 0 ? `${pending} bytes are still being flushed` : 'does not answer the close frame'
  if (connection.state === 'closing') return 'is closing for another reason'
  return 'waits for its turn'
}
