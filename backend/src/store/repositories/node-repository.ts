import type { Books } from '@gatehouse/protocol/rest'

/** A node's last report about itself. */
export interface Heartbeat {
  readonly node: string
  readonly at: number
  readonly open: number
  readonly books: Books
}

/** The last heartbeat of a process of this node that ended without an orderly stop. */
export interface LostLife extends Heartbeat {
  readonly startedAt: number
}

/** The nodes of this cluster and their last heartbeats. */
export abstract class NodeRepository {
  /** Chosen at random at the first start and kept in the store for good. */
  abstract clusterId(): Promise<string>
  /** Notes that the node starts; returns its previous life if that ended without `stopped`. */
  abstract started(node: string, startedAt: number, version: string): Promise<LostLife | undefined>
  abstract heartbeat(heartbeat: Heartbeat): Promise<void>
  /** Notes that the node stopped in order and no connection was lost. */
  abstract stopped(node: string, at: number): Promise<void>
  abstract list(): Promise<readonly { node: string; startedAt: number; at: number; open: number; stopped: boolean }[]>
}
