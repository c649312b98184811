import { Injectable } from '@nestjs/common'
import type { DirectPublished, PublishManyRequest, PublishTarget, TargetResult } from '@gatehouse/protocol/rest'
import type { Request } from 'express'
import { Hub } from '../../realtime/hub.js'
import { Clock } from '../../realtime/ports/clock.js'
import type { Caller } from '../access/caller.js'
import { conflict, forbidden, notFound, ProblemError } from '../http/problem.js'
import { callerOf } from '../http/request-context.js'
import { KnownRooms } from '../rooms/known-rooms.js'
import { publishKey, RoomPublisher } from '../rooms/room-publisher.js'
import { SentKeys } from './sent-keys.js'

/** Publishes one payload to many targets independently: a failure for one does not affect the others. */
@Injectable()
export class TargetPublisher {
  readonly #sent = new SentKeys()

  constructor(
    private readonly hub: Hub,
    private readonly rooms: KnownRooms,
    private readonly publisher: RoomPublisher,
    private readonly clock: Clock,
  ) {}

  /**
   * The results in the order of the targets.
   *
   * @throws ProblemError if the request's two keys differ
   */
  publish(request: Request, { to, data, key: named }: PublishManyRequest): Promise<TargetResult[]> {
    const key = publishKey(request, named)
    const body = key === undefined ? { data } : { data, key }
    const text = JSON.stringify(data)
    return Promise.all(
      to.map(async (target): Promise<TargetResult> => {
        try {
          if ('room' in target) return { to: target, ok: await this.#toRoom(request, target.room, body) }
          return { to: target, ok: this.#direct(callerOf(request), target, text, key) }
        } catch (error) {
          if (!(error instanceof ProblemError)) throw error
          return { to: target, error: errorOf(error) }
        }
      }),
    )
  }

  async #toRoom(request: Request, name: string, body: Pick<PublishManyRequest, 'data' | 'key'>) {
    callerOf(request).demandRoom(name)
    const { epoch, offset, members, duplicate } = await this.publisher.publish(request, this.rooms.get(name), body)
    return { epoch, offset, members, duplicate }
  }

  /** Sends to connections, once for each key, as in rooms. */
  #direct(
    caller: Caller,
    target: Exclude<PublishTarget, { readonly room: string }>,
    data: string,
    key: string | undefined,
  ): DirectPublished {
    if (caller.rooms !== null) {
      throw forbidden(`${caller.name} is limited to room patterns and cannot publish to users or connections.`)
    }
    const name = key === undefined ? undefined : JSON.stringify([caller.id, target, key])
    const nowMs = this.clock.nowMs()
    const known = name === undefined ? undefined : this.#sent.find(name, data, nowMs)
    if (known === 'conflict') {
      throw conflict('key_conflict', 'The key was used for this target with other data within the last 5 minutes.')
    }
    if (known !== undefined) return known
    const result = { connections: this.#send(target, { data, service: caller.name }) }
    // A message that reached nobody may be sent again under the same key.
    if (name !== undefined && result.connections > 0) this.#sent.add(name, data, result, nowMs)
    return result
  }

  #send(
    target: Exclude<PublishTarget, { readonly room: string }>,
    message: { readonly data: string; readonly service: string },
  ): number {
    if ('user' in target) {
      const connections = this.hub.direct.toUser(target.user, message)
      if (connections === 0) throw notFound('The user has no open connection.')
      return connections
    }
    const connections = this.hub.direct.toConnection(target.connection, message)
    if (connections === undefined) throw notFound('No connection with this id is open.')
    return connections
  }
}

function errorOf({ code, detail, extras }: ProblemError) {
  const { retryAfterMs } = extras
  return retryAfterMs === undefined ? { code, detail } : { code, detail, retryAfterMs }
}
