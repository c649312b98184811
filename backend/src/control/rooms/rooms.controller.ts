import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res, UseInterceptors } from '@nestjs/common'
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import {
  CloseRoomRequest,
  ListQuery,
  MemberPage,
  type MemberRow,
  type Page,
  PublishRequest,
  PublishResult,
  ReceiptPage,
  ReceiptQuery,
  RoomDetail,
  RoomPage,
  type RoomRow,
} from '@gatehouse/protocol/rest'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { Hub } from '../../realtime/hub.js'
import { RoomStateRepository } from '../../store/repositories/index.js'
import { Needs } from '../access/needs.decorator.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { IdempotencyInterceptor } from '../http/idempotency.interceptor.js'
import { badRequest, conflict } from '../http/problem.js'
import { callerOf } from '../http/request-context.js'
import { listRequestOf } from '../lists/list-query.js'
import type { LiveList } from '../lists/list-description.js'
import { LiveLists } from '../lists/live-lists.js'
import { ClosedRooms } from '../ports/closed-rooms.js'
import { readReceipts } from './receipt-list.js'
import { KnownRooms } from './known-rooms.js'
import { memberList, roomList } from './room-lists.js'
import { RoomPublisher } from './room-publisher.js'
import type { KnownRoom } from './room-view.js'

const Name = z.string().min(1).max(255)
const inRoom = { roomParameter: 'name' } as const

/** Rooms, live or closed. */
@ApiTags('rooms')
@Controller('v1/rooms')
export class RoomsController {
  readonly #list: LiveList<KnownRoom, RoomRow>

  constructor(
    private readonly rooms: KnownRooms,
    private readonly lists: LiveLists,
    private readonly publisher: RoomPublisher,
    private readonly states: RoomStateRepository,
    private readonly closedRooms: ClosedRooms,
    private readonly hub: Hub,
    private readonly audit: AuditTrail,
  ) {
    this.#list = roomList(rooms)
  }

  @Get()
  @Needs('read')
  @ApiOkResponse({ description: 'Rooms that the caller’s patterns reach', standardSchema: RoomPage })
  list(@Req() request: Request, @Query({ schema: ListQuery }) query: ListQuery): Promise<Page<RoomRow>> {
    const caller = callerOf(request)
    return this.lists.query(this.#list, listRequestOf(query), ({ name }) => caller.reaches(name))
  }

  @Get(':name')
  @Needs('read', inRoom)
  @ApiOkResponse({ description: 'One room', standardSchema: RoomDetail })
  find(@Param('name', { schema: Name }) name: string): Promise<RoomDetail> {
    return this.rooms.detail(this.rooms.get(name))
  }

  @Get(':name/members')
  @Needs('read', inRoom)
  @ApiOkResponse({ description: 'Who is in the room', standardSchema: MemberPage })
  members(
    @Param('name', { schema: Name }) name: string,
    @Query({ schema: ListQuery }) query: ListQuery,
  ): Promise<Page<MemberRow>> {
    return this.lists.query(memberList(this.rooms.get(name)), listRequestOf(query))
  }

  @Get(':name/receipts')
  @Needs('read', inRoom)
  @ApiOkResponse({ description: 'Who has confirmed a message of the room', standardSchema: ReceiptPage })
  async receipts(
    @Param('name', { schema: Name }) name: string,
    @Query({ schema: ReceiptQuery }) query: ReceiptQuery,
  ): Promise<ReceiptPage> {
    const room = this.rooms.get(name)
    if (!room.type.receipts) throw conflict('receipts_off', `Rooms of the type ${room.type.pattern} keep no receipts.`)
    const { epoch = null, offset: newest = 0 } = room.live ?? {}
    const { offset = newest } = query
    if (offset > newest) {
      throw badRequest(`The newest message of ${name} is ${newest}.`, [
        { path: 'offset', message: `at most ${newest} now` },
      ])
    }
    const { list, received, notReceived } = readReceipts(room, offset)
    const page = await this.lists.query(list, listRequestOf(query))
    return { ...page, epoch, offset, received, notReceived, forgotten: room.live?.receipts?.forgotten(epoch) ?? 0 }
  }

  @Post(':name/publish')
  @HttpCode(200)
  @Needs('publish', inRoom)
  @ApiOkResponse({ description: 'Published now, or earlier under the same key', standardSchema: PublishResult })
  @ApiAcceptedResponse({ description: 'The same; the audit row waits for PostgreSQL', standardSchema: PublishResult })
  async publish(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('name', { schema: Name }) name: string,
    @Body({ schema: PublishRequest }) body: PublishRequest,
  ): Promise<PublishResult> {
    const published = await this.publisher.publish(request, this.rooms.get(name), body)
    // Publishes by API keys are traffic: the books count them, and they are far too many for the audit chain.
    if (callerOf(request).kind === 'key') return published
    const { offset, duplicate } = published
    const { audited } = await this.audit.record(request, {
      action: 'room.published',
      target: name,
      detail: { offset, duplicate },
    })
    if (!audited) response.status(202)
    return { ...published, audited }
  }

  @Post(':name/close')
  @HttpCode(200)
  @Needs('room.close', inRoom)
  @UseInterceptors(IdempotencyInterceptor)
  @ApiOkResponse({ description: 'Closed; members were told and are out', standardSchema: RoomDetail })
  async close(
    @Req() request: Request,
    @Param('name', { schema: Name }) name: string,
    @Body({ schema: CloseRoomRequest }) body: CloseRoomRequest,
  ): Promise<RoomDetail> {
    const room = this.rooms.get(name)
    const { reason, message = null, reopensAt = null, note = null } = body
    const at = Date.now()
    if (reopensAt !== null && reopensAt <= at) {
      throw badRequest('The room would already have reopened.', [{ path: 'reopensAt', message: 'lies in the past' }])
    }
    const closed = { reason, message, by: callerOf(request).name, at, reopensAt }
    await this.states.close(name, closed)
    // The node must know the state first, or a client could join after the members left and before the state arrives.
    await this.closedRooms.refresh()
    const members = this.hub.rooms.get(name)?.memberCount ?? 0
    this.hub.roomClosing.close(name, closed)
    await this.audit.record(request, {
      action: 'room.closed',
      target: name,
      detail: { reason, message, reopensAt, note, members, before: room.closed },
    })
    return this.rooms.detail(this.rooms.get(name))
  }

  @Post(':name/reopen')
  @HttpCode(200)
  @Needs('room.reopen', inRoom)
  @UseInterceptors(IdempotencyInterceptor)
  @ApiOkResponse({ description: 'Open again', standardSchema: RoomDetail })
  async reopen(@Req() request: Request, @Param('name', { schema: Name }) name: string): Promise<RoomDetail> {
    this.rooms.get(name)
    const before = await this.states.reopen(name)
    await this.closedRooms.refresh()
    if (before === undefined) throw conflict('not_closed', `The room ${name} is open already.`)
    this.hub.roomClosing.reopen(name)
    await this.audit.record(request, { action: 'room.reopened', target: name, detail: { before } })
    return this.rooms.detail(this.rooms.get(name))
  }
}
