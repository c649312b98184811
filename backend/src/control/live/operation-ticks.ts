import { Injectable, type OnModuleInit } from '@nestjs/common'
import type { OperationTick } from '@gatehouse/protocol/rest'
import { OperationEngine } from '../../operations/run/operation-engine.js'
import { Clock } from '../../realtime/ports/clock.js'
import { LiveTicker } from './live-ticker.js'
import { systemRooms } from './system-rooms.js'

/** `sys:operation:<id>`: each change of the operation, as the engine reports it, and its progress once a second. */
@Injectable()
export class OperationTicks implements OnModuleInit {
  constructor(
    private readonly engine: OperationEngine,
    private readonly ticker: LiveTicker,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.engine.onChange(({ operation, point }) => {
      const tick: OperationTick = { at: this.clock.wallMs(), operation, point }
      this.ticker.publish(systemRooms.operation + operation.id, tick)
    })
  }
}
