import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common'
import type { Cancel, Clock } from '../../realtime/ports/clock.js'
import type { ControlLog } from '../ports/control-log.js'
import type { ControlHub } from './control-hub.js'
import type { TickSource } from './tick-source.js'

const TICK_MS = 1_000

/** Publishes one sample a second into each system room that has members. */
export class LiveTicker implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #busy = new Set<string>()
  #stop: Cancel | null = null

  constructor(
    private readonly hub: ControlHub,
    private readonly clock: Clock,
    private readonly sources: readonly TickSource[],
    private readonly log: ControlLog,
  ) {}

  onApplicationBootstrap(): void {
    this.#stop ??= this.clock.every(TICK_MS, () => this.#tickAll())
  }

  onModuleDestroy(): void {
    this.#stop?.()
    this.#stop = null
  }

  /** Publishes a sample now; does nothing if nobody watches. */
  publish(room: string, sample: object): void {
    if ((this.hub.rooms.get(room)?.memberCount ?? 0) === 0) return
    this.hub.publisher.publishFromServer(
      room,
      { data: JSON.stringify(sample), scope: 'system', service: 'gatehouse' },
      () => undefined,
    )
  }

  #tickAll(): void {
    const at = this.clock.wallMs()
    for (const room of this.hub.rooms.values()) {
      if (room.memberCount === 0) continue
      const source = this.sources.find((candidate) => candidate.serves(room.name))
      if (source !== undefined) this.#tick(source, room.name, at)
    }
  }

  /** A source that takes longer than a second skips samples instead of piling them up. */
  #tick(source: TickSource, room: string, at: number): void {
    if (this.#busy.has(room)) return
    this.#busy.add(room)
    void this.#sample(source, room, at).finally(() => this.#busy.delete(room))
  }

  async #sample(source: TickSource, room: string, at: number): Promise<void> {
    try {
      const sample = await source.tick(room, at)
      if (sample !== null) this.publish(room, sample)
    } catch (error) {
      this.log.failed('a live sample failed', { room: room.split(':', 2).join(':'), error })
    }
  }
}
