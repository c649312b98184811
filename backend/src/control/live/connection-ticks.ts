import { Injectable } from '@nestjs/common'
import type { ConnectionTick } from '@gatehouse/protocol/rest'
import { Hub } from '../../realtime/hub.js'
import { CloseRecordRepository, StoreUnavailable } from '../../store/repositories/index.js'
import { ConnectionView } from '../connections/connection-view.js'
import { subjectOf } from './system-rooms.js'
import { TickSource } from './tick-source.js'

/** `sys:connection:<id>`: one connection while it is watched, and the reason it ended with. */
@Injectable()
export class ConnectionTicks extends TickSource {
  constructor(
    private readonly hub: Hub,
    private readonly view: ConnectionView,
    private readonly records: CloseRecordRepository,
  ) {
    super()
  }

  override serves(room: string): boolean {
    return subjectOf(room)?.about === 'connection'
  }

  override async tick(room: string, at: number): Promise<ConnectionTick | null> {
    const id = subjectOf(room)?.id ?? ''
    const connection = this.hub.connections.get(id)
    if (connection !== undefined) return { at, connection: this.view.detail(connection) }
    const closed = await this.#reasonOf(id)
    return closed === undefined ? null : { at, closed }
  }

  /** Undefined if this node knows nothing about the connection; a text such as `unknown` would look like a reason. */
  async #reasonOf(id: string): Promise<string | undefined> {
    try {
      return (await this.records.find(id))?.reason
    } catch (error) {
      if (error instanceof StoreUnavailable) return undefined
      throw error
    }
  }
}
