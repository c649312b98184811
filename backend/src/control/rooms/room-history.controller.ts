import { Controller, Delete, Get, HttpCode, Param, Query, Req, Res, UseInterceptors } from '@nestjs/common'
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import type { HistoryData, Position, ReplyError } from '@gatehouse/protocol'
import { HistoryCleared, HistoryPage, HistoryQuery } from '@gatehouse/protocol/rest'
import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Answer } from '../../realtime/replies/answer.js'
import type { HistoryOk } from '../../realtime/rooms/history-reader.js'
import { Hub } from '../../realtime/hub.js'
import type { ClearedStream } from '../../realtime/rooms/room-streams.js'
import { Needs } from '../access/needs.decorator.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { IdempotencyInterceptor } from '../http/idempotency.interceptor.js'
import { conflict, notFound, ProblemError } from '../http/problem.js'
import { KnownRooms } from './known-rooms.js'

const Name = z.string().min(1).max(255)
const inRoom = { roomParameter: 'name' } as const

/** The messages that a room keeps. */
@ApiTags('rooms')
@Controller('v1/rooms')
export class RoomHistoryController {
  constructor(
    private readonly rooms: KnownRooms,
    private readonly hub: Hub,
    private readonly audit: AuditTrail,
  ) {}

  @Get(':name/history')
  @Needs('payload.read', inRoom)
  @ApiOkResponse({ description: 'A page of the kept messages, payloads included', standardSchema: HistoryPage })
  async read(
    @Param('name', { schema: Name }) name: string,
    @Query({ schema: HistoryQuery }) query: HistoryQuery,
  ): Promise<HistoryPage> {
    this.rooms.get(name)
    const { limit, reverse, since } = query
    const asked: HistoryData = { room: name, limit, reverse: reverse === 'true' }
    const page = await completed<HistoryOk>(name, (done) =>
      this.hub.reader.historyForServer(since === undefined ? asked : { ...asked, since: positionOf(since) }, done),
    )
    return { room: name, ...(page.toJSON() as Omit<HistoryPage, 'room'>) }
  }

  @Delete(':name/history')
  @HttpCode(200)
  @Needs('room.clear', inRoom)
  @UseInterceptors(IdempotencyInterceptor)
  @ApiOkResponse({ description: 'Cleared; the room continues in a new epoch', standardSchema: HistoryCleared })
  @ApiAcceptedResponse({ description: 'The same; the audit row waits for PostgreSQL', standardSchema: HistoryCleared })
  async clear(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('name', { schema: Name }) name: string,
  ): Promise<HistoryCleared> {
    this.rooms.get(name)
    const { epoch, before, messages } = await completed<ClearedStream>(name, (done) =>
      this.hub.streams.clear(name, done),
    )
    const { audited } = await this.audit.record(request, {
      action: 'room.cleared',
      target: name,
      detail: { before, epoch, messages },
    })
    if (!audited) response.status(202)
    return { room: name, epoch, messages, audited }
  }
}

/** @throws ProblemError if the core answers with an error */
async function completed<T>(room: string, ask: (done: (answer: Answer<T>) => void) => void): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<Answer<T>>()
  ask(resolve)
  const answer = await promise
  if (answer.error !== undefined) throw problemOf(room, answer.error)
  return answer.ok
}

function problemOf(room: string, { code, message, retryAfterMs }: ReplyError): ProblemError {
  if (code === 'unknown_room') return notFound(`No room type matches the name ${room}, so there is no such room.`)
  if (code === 'not_available') return conflict(code, `The room ${room} keeps no history; its room type says so.`)
  const detail = `The stream of ${room} did not answer: ${message}; try again.`
  return new ProblemError(503, 'unavailable', detail, retryAfterMs === undefined ? {} : { retryAfterMs })
}

/** Parses a position that the schema has already checked. */
function positionOf(text: string): Position {
  const [epoch = '', offset = ''] = text.split(',')
  return { epoch, offset: Number(offset) }
}
