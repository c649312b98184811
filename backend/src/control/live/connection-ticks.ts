import { Injectable } from '@nestjs/common'
import type { ConnectionTick } from '@gatehouse/protocol/rest'
import { Hub } from '../../realtime/hub.js'
import { ConnectionView } from '../connections/connection-view.js'
import { subjectOf } from './system-rooms.js'
import { TickSource } from './tick-source.js'

/** `sys:connection:<id>`: one connection while it is watched, and that it ended. */
@Injectable()
export class ConnectionTicks extends TickSource {
  constructor(
    private readonly hub: Hub,
    private readonly view: ConnectionView,
  ) {
    super()
  }

  override serves(room: string): boolean {
    return subjectOf(room)?.about === 'connection'
  }

  override tick(room: string, at: number): ConnectionTick {
    const id = subjectOf(room)?.id ?? ''
    const connection = this.hub.connections.get(id)
    return connection === undefined ? { at, closed: id } : { at, connection: this.view.detail(connection) }
  }
}
