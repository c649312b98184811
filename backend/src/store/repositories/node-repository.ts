import type { Books } from '@gatehouse/protocol/rest'

/** What a node last said of itself. */
export interface Heartbeat {
  readonly node: string
  readonly at: number
  readonly open: number
  readonly books: Books
}

/** A process of this node that ended without saying so. */
export interface LostLife extends Heartbeat {
  readonly startedAt: number
}

/** The nodes of this cluster and what they last said. */
export abstract class NodeRepository {
  /** Random at the first start, kept in the store for ever. */
  abstract clusterId(): Promise<string>
  /** Notes that the node starts; answers its last life when that one ended without `stopped`. */
  abstract started(node: string, startedAt: number, version: string): Promise<LostLife | undefined>
  abstract heartbeat(heartbeat: Heartbeat): Promise<void>
  /** The node ended as it should: nothing is lost. */
  abstract stopped(node: string, at: number): Promise<void>
  abstract list(): Promise<readonly { node: string; startedAt: number; at: number; open: number; stopped: boolean }[]>
}
