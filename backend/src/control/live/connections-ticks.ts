import { Injectable } from '@nestjs/common'
import type { ConnectionsTick } from '@gatehouse/protocol/rest'
import { Hub } from '../../realtime/hub.js'
import { stateOf } from '../connections/connection-view.js'
import { WalkSlices } from '../lists/walk-slices.js'
import { systemRooms } from './system-rooms.js'
import { TickSource } from './tick-source.js'

/** How many clients are counted separately; the rest is `other`. */
const MOST_CLIENTS = 30

/** `sys:connections`: counts by state and client, never rows. */
@Injectable()
export class ConnectionsTicks extends TickSource {
  #openedBefore: number | null = null

  constructor(private readonly hub: Hub) {
    super()
  }

  override serves(room: string): boolean {
    return room === systemRooms.connections
  }

  override async tick(_room: string, at: number): Promise<ConnectionsTick> {
    const states = new Map<string, number>()
    const clients = new Map<string, number>()
    const slices = new WalkSlices()
    let total = 0
    for (const connection of this.hub.connections.values()) {
      if (slices.isDue()) await slices.pause()
      total += 1
      count(states, stateOf(connection))
      const client = connection.identity.client?.name ?? 'unknown'
      count(clients, clients.size < MOST_CLIENTS || clients.has(client) ? client : 'other')
    }
    const { opened } = this.hub.books
    const openedSince = this.#openedBefore === null ? 0 : opened - this.#openedBefore
    this.#openedBefore = opened
    return { at, total, byState: Object.fromEntries(states), byClient: Object.fromEntries(clients), openedSince }
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
