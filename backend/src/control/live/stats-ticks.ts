import { Injectable } from '@nestjs/common'
import type { StatsTick } from '@gatehouse/protocol/rest'
import { NodeState } from '../../operations/service/node-state.js'
import { OperationEngine } from '../../operations/run/operation-engine.js'
import { Hub } from '../../realtime/hub.js'
import { BanRepository, oneNode, StatsRepository, StoreUnavailable } from '../../store/repositories/index.js'
import { Viewers } from '../ports/viewers.js'
import { systemRooms } from './system-rooms.js'
import { TickSource } from './tick-source.js'

const OPERATIONS_SHOWN = 5
/** Operators change the number of bans by hand; counting them every second would only load the store. */
const BANS_FRESH_MS = 5_000

/** `sys:stats`: the second that just ended. */
@Injectable()
export class StatsTicks extends TickSource {
  #bans = 0
  #bansReadAt = -Infinity

  constructor(
    private readonly hub: Hub,
    private readonly stats: StatsRepository,
    private readonly state: NodeState,
    private readonly engine: OperationEngine,
    private readonly bans: BanRepository,
    private readonly viewers: Viewers,
  ) {
    super()
  }

  override serves(room: string): boolean {
    return room === systemRooms.stats
  }

  override async tick(_room: string, at: number): Promise<StatsTick | null> {
    const point = this.stats.newest()
    if (point === undefined) return null
    await this.#countBans(at)
    return {
      at,
      point,
      books: this.hub.books.snapshot(),
      nodeState: this.state.name,
      notes: this.state.notes,
      nodes: oneNode,
      operations: this.engine.active().slice(0, OPERATIONS_SHOWN),
      bans: this.#bans,
      viewerBytesPerSecond: this.viewers.bytesPerSecond(),
    }
  }

  async #countBans(at: number): Promise<void> {
    if (at - this.#bansReadAt < BANS_FRESH_MS) return
    this.#bansReadAt = at
    try {
      this.#bans = await this.bans.count()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
}
