import type { CloseEvidence, CloseReason, Push } from '@gatehouse/protocol'
import type { DisconnectOptions } from '../realtime/connections/closer.js'

/** What operations read of a connection. The core's Connection has it all. */
export interface OperatedConnection {
  readonly id: string
  readonly user: string | null
  readonly state: 'authenticating' | 'open' | 'closing'
  readonly connectedAtMs: number
  readonly lastSeenMs: number
  readonly health: { readonly inRate: number; readonly outRate: number }
  readonly memberships: ReadonlyMap<string, unknown>
  readonly outbox: { readonly queuedBytes: number }
}

/** The part of the hub that operations use, so that they can be driven without one. The core's Hub fits. */
export interface OperationHub<C extends OperatedConnection = OperatedConnection> {
  readonly connections: ReadonlyMap<string, C>
  readonly rooms: ReadonlyMap<string, { readonly memberCount: number }>
  readonly closer: {
    disconnect(connection: C, reason: CloseReason, evidence: CloseEvidence, options?: DisconnectOptions): void
  }
  readonly replier: { push(connection: C, push: Push): void }
}
