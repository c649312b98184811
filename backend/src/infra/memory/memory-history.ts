import {
  History,
  type HistoryHeld,
  type HistoryPage,
  type HistoryQuery,
  type HistoryUsage,
} from '../../realtime/ports/history.js'
import type { BusFaults } from './bus-faults.js'
import type { MemoryStreams } from './memory-streams.js'

/** The histories of a single node. With `faults` reads complete late or fail, as on a bus in test mode. */
export class MemoryHistory extends History {
  constructor(
    private readonly streams: MemoryStreams,
    private readonly faults: BusFaults | null = null,
  ) {
    super()
  }

  override read(room: string, query: HistoryQuery, done: (page: HistoryPage | null) => void): void {
    const page = this.faults?.failsRead() === true ? null : this.#page(room, query)
    if (this.faults === null) done(page)
    else this.faults.complete(`history ${room}`, () => done(page))
  }

  override measure(room: string, done: (held: HistoryHeld | null) => void): void {
    const log = this.streams.find(room)?.log
    log?.expire(this.streams.clock.nowMs())
    done({ messages: log?.count ?? 0, bytes: log?.bytes ?? 0, oldestAt: log?.oldestAt ?? null })
  }

  override usage(): HistoryUsage {
    return this.streams.usage()
  }

  #page(room: string, query: HistoryQuery): HistoryPage {
    const { epoch, offset, log } = this.streams.obtain(room)
    log?.expire(this.streams.clock.nowMs())
    return {
      epoch,
      offset,
      messages: log?.read(query) ?? [],
      first: log?.first ?? offset + 1,
      lost: log?.lost ?? 'trimmed',
    }
  }
}
