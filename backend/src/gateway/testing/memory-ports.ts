import { memoryStreams } from '../../infra/memory/memory-stream-ports.js'
import { MemorySessions } from '../../infra/memory/memory-sessions.js'
import { MsgpackCodec } from '../../infra/msgpack/msgpack-codec.js'
import { SystemRandom } from '../../infra/system-random.js'
import type { HubPorts } from '../../realtime/ports/hub-ports.js'
import type { BanHit } from '../../realtime/ports/ban-list.js'
import { BanList } from '../../realtime/ports/ban-list.js'
import type { Cancel } from '../../realtime/ports/clock.js'
import { Clock } from '../../realtime/ports/clock.js'
import type { CloseRecordDraft, RefusalDraft } from '../../realtime/ports/record-sink.js'
import { RecordSink } from '../../realtime/ports/record-sink.js'
import { RoomStates } from '../../realtime/ports/room-state.js'
import { SharedLimits } from '../../realtime/ports/shared-limits.js'

/** The machine's time. `skippedMs` shifts the monotonic part forward, so that deadlines need no waiting. */
class TestClock extends Clock {
  skippedMs = 0
  /** The moment at which time is frozen; null: it runs. */
  frozenAtMs: number | null = null
  readonly #timers = new Set<NodeJS.Timeout>()
  override wallMs(): number {
    return Date.now()
  }
  override nowMs(): number {
    return (this.frozenAtMs ?? performance.now()) + this.skippedMs
  }
  override idleMs(): number {
    return performance.nodeTiming.idleTime
  }
  override after(ms: number, task: () => void): Cancel {
    const timer = setTimeout(task, ms)
    this.#timers.add(timer)
    return () => clearTimeout(timer)
  }
  override every(ms: number, task: () => void): Cancel {
    const timer = setInterval(task, Math.min(ms, 50))
    this.#timers.add(timer)
    return () => clearInterval(timer)
  }
  override atTurnEnd(task: () => void): void {
    setImmediate(task)
  }
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }
}

class TestLimits extends SharedLimits {
  /** Keys that are over their rate. */
  readonly exhausted = new Map<string, number>()
  override take(key: string): number {
    return this.exhausted.get(key) ?? 0
  }
}

class TestBans extends BanList {
  readonly hits = new Map<string, BanHit>()
  age = 0
  override ageMs(): number {
    return this.age
  }
  override user(subject: string): BanHit | undefined {
    return this.hits.get(subject)
  }
  override address(address: string): BanHit | undefined {
    return this.hits.get(address)
  }
}

class TestRoomStates extends RoomStates {
  override closed(): undefined {}
}

class TestRecords extends RecordSink {
  readonly closes: CloseRecordDraft[] = []
  readonly refusals: RefusalDraft[] = []
  override closed(record: CloseRecordDraft): void {
    this.closes.push(record)
  }
  override refused(refusal: RefusalDraft): void {
    this.refusals.push(refusal)
  }
  override reconnected(): void {}
}

export interface TestPorts extends HubPorts {
  readonly clock: TestClock
  readonly limits: TestLimits
  readonly bans: TestBans
  readonly records: TestRecords
}

export function testPorts(): TestPorts {
  const clock = new TestClock()
  const random = new SystemRandom()
  return {
    clock,
    random,
    ...memoryStreams(clock, random),
    sessions: new MemorySessions(clock, random),
    limits: new TestLimits(),
    bans: new TestBans(),
    roomStates: new TestRoomStates(),
    records: new TestRecords(),
    codec: new MsgpackCodec(),
  }
}
