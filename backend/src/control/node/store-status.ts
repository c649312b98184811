import { Injectable } from '@nestjs/common'
import type { NodeStatus } from '@gatehouse/protocol/rest'
import { AuditLog, RecordBacklog, StoreHealth } from '../../store/repositories/index.js'
import { KnownBans } from '../ports/known-bans.js'
import { NodeFacts } from '../ports/node-facts.js'

/** The status of the node's store: whether it answers, and what waits for it. */
@Injectable()
export class StoreStatus {
  constructor(
    private readonly facts: NodeFacts,
    private readonly health: StoreHealth,
    private readonly bans: KnownBans,
    private readonly records: RecordBacklog,
    private readonly audit: AuditLog,
  ) {}

  read(): Pick<NodeStatus, 'store' | 'bansAgeMs' | 'recordsWaiting' | 'auditWaiting'> {
    const { isUp, since } = this.health.state()
    return {
      store: { state: isUp ? 'up' : 'down', kind: this.facts.storeKind, since },
      bansAgeMs: Math.round(this.bans.ageMs()),
      recordsWaiting: this.records.waiting(),
      auditWaiting: this.audit.waiting(),
    }
  }
}
