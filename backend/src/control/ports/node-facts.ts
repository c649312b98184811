import type { NodeStatus } from '@gatehouse/protocol/rest'

/** What only the process itself knows about the node. */
export abstract class NodeFacts {
  /** Loop delay over the last second or so, CPU as a share of one core, memory and files. */
  abstract measured(): Pick<NodeStatus, 'loopP99Ms' | 'cpu' | 'heapBytes' | 'rssBytes' | 'openFiles' | 'fileLimit'>
  /** The addresses it listens on, with the real ports even if the configuration says 0. */
  abstract listeners(): Pick<NodeStatus, 'gateway' | 'control'>
  /** 0: no limit. */
  abstract readonly connectionLimit: number
  abstract readonly storeKind: 'embedded' | 'external'
  /** All settings; secrets only as "set". */
  abstract settings(): NodeStatus['settings']
}
