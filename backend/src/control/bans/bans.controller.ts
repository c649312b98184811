import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, UseInterceptors } from '@nestjs/common'
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import {
  type Ban,
  BanPage,
  BanPreview,
  BanRequest,
  BanResult,
  Done,
  ListQuery,
  type Page,
} from '@gatehouse/protocol/rest'
import type { Request } from 'express'
import { z } from 'zod'
import { Hub } from '../../realtime/hub.js'
import { BanRepository } from '../../store/repositories/index.js'
import { Needs } from '../access/needs.decorator.js'
import { demandUserInReach } from '../access/scope.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { IdempotencyInterceptor } from '../http/idempotency.interceptor.js'
import { badRequest, notFound } from '../http/problem.js'
import { callerOf } from '../http/request-context.js'
import { listRequestOf } from '../lists/list-query.js'
import { KnownBans } from '../ports/known-bans.js'
import { previewOf, reachOf } from './ban-reach.js'

const BanTarget = BanRequest.pick({ kind: true, value: true })

/** Who may not connect. */
@ApiTags('bans')
@Controller('v1/bans')
export class BansController {
  constructor(
    private readonly bans: BanRepository,
    private readonly known: KnownBans,
    private readonly hub: Hub,
    private readonly audit: AuditTrail,
  ) {}

  @Get()
  @Needs('read')
  @ApiOkResponse({ description: 'Bans in force, newest first', standardSchema: BanPage })
  list(@Query({ schema: ListQuery }) query: ListQuery): Promise<Page<Ban>> {
    return this.bans.list(listRequestOf(query))
  }

  @Post()
  @Needs(['ban.user', 'ban.address'])
  @UseInterceptors(IdempotencyInterceptor)
  @ApiCreatedResponse({ description: 'The ban, and how many connections it ended now', standardSchema: BanResult })
  async create(@Req() request: Request, @Body({ schema: BanRequest }) body: BanRequest): Promise<BanResult> {
    this.#demand(request, body)
    const meets = reachOf(body)
    if (body.expiresAt !== undefined && body.expiresAt <= Date.now()) {
      throw badRequest('The ban would already have expired.', [{ path: 'expiresAt', message: 'lies in the past' }])
    }
    const { kind, value, reason, message, expiresAt } = body
    const by = callerOf(request).name
    const ban = await this.bans.create({
      kind,
      value,
      reason,
      message: message ?? null,
      by,
      expiresAt: expiresAt ?? null,
    })
    const { id } = ban
    // Admission must know the ban first, or a client disconnected now could connect again at once.
    await this.known.refresh()
    const disconnected = this.hub.closer.ban({ id, kind, expiresAt: ban.expiresAt, message: ban.message }, meets)
    await this.audit.record(request, {
      action: 'ban.created',
      target: `${kind}:${ban.value}`,
      detail: { id, reason, message: ban.message, expiresAt: ban.expiresAt, disconnected },
    })
    return { ban, disconnected }
  }

  @Post('preview')
  @HttpCode(200)
  @Needs(['ban.user', 'ban.address'])
  @ApiOkResponse({
    description: 'The connections and users that the ban would apply to now',
    standardSchema: BanPreview,
  })
  preview(@Req() request: Request, @Body({ schema: BanTarget }) body: z.infer<typeof BanTarget>): BanPreview {
    this.#demand(request, body)
    return previewOf(this.hub, body)
  }

  @Delete(':id')
  @HttpCode(200)
  @Needs('ban.lift')
  @ApiOkResponse({ description: 'Lifted', standardSchema: Done })
  async lift(@Req() request: Request, @Param('id', { schema: z.string().max(100) }) id: string): Promise<Done> {
    const lifted = await this.bans.lift(id)
    // Or a client that is told of it could connect and be refused once more.
    await this.known.refresh()
    if (lifted === undefined) throw notFound(`There is no ban ${id} in force.`)
    const { audited } = await this.audit.record(request, {
      action: 'ban.lifted',
      target: `${lifted.kind}:${lifted.value}`,
      detail: { id, reason: lifted.reason, by: lifted.by },
    })
    return { done: true, audited }
  }

  #demand(request: Request, { kind, value }: z.infer<typeof BanTarget>): void {
    const caller = callerOf(request)
    caller.demand(kind === 'user' ? 'ban.user' : 'ban.address')
    if (kind === 'user') demandUserInReach(caller, this.hub, value)
  }
}
