import { Injectable } from '@nestjs/common'
import type { NodeStatus } from '@gatehouse/protocol/rest'
import { NodeState } from '../../operations/service/node-state.js'
import { Hub } from '../../realtime/hub.js'
import { ControlSettings } from '../control-settings.js'
import { NodeFacts } from '../ports/node-facts.js'
import { Viewers } from '../ports/viewers.js'
import { StoreStatus } from './store-status.js'

/** Assembles the status of this node. */
@Injectable()
export class NodeStatusReader {
  constructor(
    private readonly settings: ControlSettings,
    private readonly hub: Hub,
    private readonly state: NodeState,
    private readonly facts: NodeFacts,
    private readonly store: StoreStatus,
    private readonly viewers: Viewers,
  ) {}

  read(): NodeStatus {
    const { nodeId, clusterId, environment, version, startedAt } = this.settings
    const { store, bansAgeMs, recordsWaiting, auditWaiting } = this.store.read()
    const levels = this.hub.levels()
    const history = this.hub.ports.history.usage()
    const { gateway, control } = this.facts.listeners()
    const books = this.hub.books.snapshot()
    return {
      id: nodeId,
      cluster: clusterId,
      environment,
      version,
      runtime: `Node.js ${process.versions.node}`,
      pid: process.pid,
      startedAt,
      now: Date.now(),
      state: this.state.name,
      notes: [...this.state.notes],
      open: books.open,
      authenticating: levels.authenticating,
      connectionLimit: this.facts.connectionLimit,
      users: levels.users,
      rooms: levels.rooms,
      memberships: levels.memberships,
      viewers: this.viewers.count(),
      ...this.facts.measured(),
      store,
      history: {
        rooms: history.rooms,
        messages: history.messages,
        bytes: history.bytes,
        budgetBytes: history.budgetBytes,
      },
      bansAgeMs,
      recordsWaiting,
      recordsDropped: books.recordsDropped,
      auditWaiting,
      operation: this.state.operation,
      gateway,
      control,
      books,
      settings: this.facts.settings(),
    }
  }
}
