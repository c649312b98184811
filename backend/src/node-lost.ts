import type { CloseRecordDraft } from './realtime/ports/record-sink.js'
import { clock, random } from './node-parts.js'
import type { Store } from './store/store.js'

/** 80 random bits, like the id of any connection. */
const ID_BYTES = 10

/**
 * Notes that the node starts. When its last life ended without a word, one aggregate close record stands for the
 * connections it held then; answers how many.
 *
 * @throws StoreUnavailable
 */
export async function noteStart(nodeId: string, startedAt: number, version: string, store: Store): Promise<number> {
  const lost = await store.nodes.started(nodeId, startedAt, version)
  if (lost === undefined || lost.open === 0) return 0
  const { at, open, startedAt: connectedAt } = lost
  store.records.closed({ ...nobody, id: random.id(ID_BYTES), connectedAt, closedAt: at, evidence: { count: open }, count: open })
  return open
}

const nobody: Omit<CloseRecordDraft, 'id' | 'connectedAt' | 'closedAt' | 'evidence' | 'count'> = {
  reason: 'node_lost',
  code: null,
  user: null,
  session: null,
  address: null,
  client: null,
  clean: false,
  rooms: [],
  messagesIn: 0,
  bytesIn: 0,
  bytesOut: 0,
  deliveries: { enqueued: 0, written: 0, dropped: 0, discarded: 0 },
  pendingBytes: 0,
  lastRttMs: null,
  timeline: [],
}

/** Notes that the node ended as it should: nobody was lost. */
export async function noteEnd(nodeId: string, store: Store): Promise<void> {
  await store.nodes.stopped(nodeId, clock.wallMs())
}
