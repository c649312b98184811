import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res, UseInterceptors } from '@nestjs/common'
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { closeReasons } from '@gatehouse/protocol'
import {
  ConnectionDetail,
  ConnectionPage,
  type ConnectionRow,
  DisconnectRequest,
  DisconnectResult,
  ListQuery,
  type Page,
} from '@gatehouse/protocol/rest'
import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Connection } from '../../realtime/connections/connection.js'
import { Hub } from '../../realtime/hub.js'
import { closeBudget } from '../../realtime/ports/close-budget.js'
import { Needs } from '../access/needs.decorator.js'
import { demandConnectionInReach } from '../access/scope.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { IdempotencyInterceptor } from '../http/idempotency.interceptor.js'
import { callerOf } from '../http/request-context.js'
import { listRequestOf } from '../lists/list-query.js'
import type { LiveList } from '../lists/list-description.js'
import { LiveLists } from '../lists/live-lists.js'
import { connectionList } from './connection-list.js'
import { ConnectionView } from './connection-view.js'
import { MissingConnection } from './missing-connection.js'

const Id = z.string().min(1).max(100)

/** Connections that are open now. */
@ApiTags('connections')
@Controller('v1/connections')
export class ConnectionsController {
  readonly #list: LiveList<Connection, ConnectionRow>

  constructor(
    private readonly hub: Hub,
    private readonly view: ConnectionView,
    private readonly lists: LiveLists,
    private readonly missing: MissingConnection,
    private readonly audit: AuditTrail,
  ) {
    this.#list = connectionList(hub, view)
  }

  @Get()
  @Needs('read')
  @ApiOkResponse({ description: 'Open connections', standardSchema: ConnectionPage })
  list(@Query({ schema: ListQuery }) query: ListQuery): Promise<Page<ConnectionRow>> {
    return this.lists.query(this.#list, listRequestOf(query))
  }

  @Get(':id')
  @Needs('read')
  @ApiOkResponse({ description: 'One connection with its timeline', standardSchema: ConnectionDetail })
  async find(@Param('id', { schema: Id }) id: string): Promise<ConnectionDetail> {
    return this.view.detail(await this.#open(id))
  }

  @Post(':id/disconnect')
  @HttpCode(200)
  @Needs('connection.disconnect')
  @UseInterceptors(IdempotencyInterceptor)
  @ApiOkResponse({ description: 'The close is on its way', standardSchema: DisconnectResult })
  @ApiAcceptedResponse({
    description: 'The same; the audit row waits for PostgreSQL',
    standardSchema: DisconnectResult,
  })
  async disconnect(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: DisconnectRequest }) body: DisconnectRequest,
  ): Promise<DisconnectResult> {
    const caller = callerOf(request)
    const connection = await this.#open(id)
    demandConnectionInReach(caller, connection)
    const { reason, note, message, retryAfterMs } = body
    const evidence = {
      actor: caller.name,
      ...(message === undefined ? {} : { message }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
    this.hub.closer.disconnect(connection, reason, evidence, { flushMs: closeBudget.flushMs })
    const { audited } = await this.audit.record(request, {
      action: 'connection.disconnected',
      target: id,
      detail: { reason, user: connection.user, note: note ?? null, message: message ?? null },
    })
    if (!audited) response.status(202)
    return { id, reason, code: closeReasons[reason].code ?? 0, audited }
  }

  async #open(id: string): Promise<Connection> {
    const connection = this.hub.connections.get(id)
    if (connection === undefined) throw await this.missing.problemOf(id)
    return connection
  }
}
