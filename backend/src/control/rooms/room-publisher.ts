import { Injectable } from '@nestjs/common'
import { limits } from '@gatehouse/protocol'
import type { PublishRequest, PublishResult } from '@gatehouse/protocol/rest'
import type { Request } from 'express'
import { Hub } from '../../realtime/hub.js'
import type { Payload } from '../../realtime/ports/bus.js'
import type { ServerPublishOutcome } from '../../realtime/rooms/publisher.js'
import { payloadFaultInWords, payloadFaultOf } from '../../realtime/room-types/payload-fault.js'
import { idempotencyKeyOf } from '../http/idempotency.interceptor.js'
import { badRequest, conflict, notFound, ProblemError } from '../http/problem.js'
import { callerOf } from '../http/request-context.js'
import type { KnownRoom } from './room-view.js'

/** Publishes messages that services send over REST. */
@Injectable()
export class RoomPublisher {
  constructor(private readonly hub: Hub) {}

  /** @throws ProblemError if the room is closed, the key was used for other data or the bus does not answer */
  async publish(request: Request, room: KnownRoom, body: PublishRequest): Promise<Omit<PublishResult, 'audited'>> {
    const caller = callerOf(request)
    const key = publishKey(request, body.key)
    demandFit(room, body)
    const { promise, resolve } = Promise.withResolvers<ServerPublishOutcome>()
    const message = { ...payloadOf(body), scope: caller.id, service: caller.name }
    this.hub.publisher.publishFromServer(room.name, key === undefined ? message : { ...message, key }, resolve)
    const outcome = await promise
    if (!outcome.ok) throw refusals[outcome.error](room.name)
    const { epoch, offset, duplicate, members } = outcome
    return { room: room.name, epoch, offset, members, duplicate }
  }
}

function payloadOf({ data, data64 }: PublishRequest): Payload {
  return data64 === undefined ? { data: JSON.stringify(data) } : { data: data64, isBytes: true }
}

/** The room type's schema binds services as it binds clients. */
function demandFit({ name, type }: KnownRoom, body: PublishRequest): void {
  const fault = payloadFaultOf(type, body)
  if (fault === undefined) return
  throw badRequest(`The payload does not fit the schema of ${name}${payloadFaultInWords(fault)}.`, [
    { path: dotted(fault.path), message: fault.message },
  ])
}

/** Turns a JSON pointer into the payload into the dotted path that problems use. */
function dotted(pointer: string): string {
  const keys = pointer.split('/').slice(1)
  return ['data', ...keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))].join('.')
}

/**
 * The key of a publish, from the body or the header. The header is for senders that cannot change the body.
 *
 * @throws ProblemError if they differ, or the header is too long
 */
export function publishKey(request: Request, named: string | undefined): string | undefined {
  const header = idempotencyKeyOf(request)
  if (header !== undefined && header.length > limits.keyLength) {
    throw badRequest(`Idempotency-Key may have at most ${limits.keyLength} characters for a publish.`, [
      { path: 'Idempotency-Key', message: 'too long' },
    ])
  }
  if (header !== undefined && named !== undefined && header !== named) {
    throw badRequest('Idempotency-Key and key differ; send one of them.', [
      { path: 'key', message: 'differs from the header' },
    ])
  }
  return named ?? header
}

const RETRY_AFTER_MS = 1_000
const refusals: Readonly<
  Record<Extract<ServerPublishOutcome, { ok: false }>['error'], (room: string) => ProblemError>
> = {
  key_conflict: (room) =>
    conflict('key_conflict', `The key was used in ${room} for other data within the last 5 minutes.`),
  room_closed: (room) => conflict('room_closed', `The room ${room} is closed; reopen it first.`),
  unknown_room: (room) => notFound(`No room type matches the name ${room}, so there is no such room.`),
  unknown_outcome: (room) =>
    new ProblemError(
      504,
      'unknown_outcome',
      `The bus did not answer in time, so it is unknown whether ${room} has the message; try again with the same key.`,
      { retryAfterMs: RETRY_AFTER_MS },
    ),
  unavailable: (room) =>
    new ProblemError(503, 'unavailable', `Messages for ${room} cannot be accepted now; try again.`, {
      retryAfterMs: RETRY_AFTER_MS,
    }),
}
