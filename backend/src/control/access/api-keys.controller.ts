import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common'
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import {
  type ApiKey,
  ApiKeyCreated,
  ApiKeyPage,
  ApiKeyRequest,
  Done,
  ListQuery,
  type Page,
} from '@gatehouse/protocol/rest'
import type { Request } from 'express'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { API_KEY_PREFIX, ApiKeyRepository } from '../../store/repositories/index.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { badRequest, notFound } from '../http/problem.js'
import { callerOf } from '../http/request-context.js'
import { listRequestOf } from '../lists/list-query.js'
import { keyCallerId } from './caller.js'
import { Needs } from './needs.decorator.js'
import { RevokedKeys } from './revoked-keys.js'

/** API keys: what programs may do (verbs), in which rooms, and until when. */
@ApiTags('access')
@Controller('v1/access/api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly revoked: RevokedKeys,
    private readonly audit: AuditTrail,
  ) {}

  @Get()
  @Needs('access.read')
  @ApiOkResponse({ description: 'API keys, without the keys themselves', standardSchema: ApiKeyPage })
  list(@Query({ schema: ListQuery }) query: ListQuery): Promise<Page<ApiKey>> {
    return this.keys.list(listRequestOf(query))
  }

  @Post()
  @Needs('access.write')
  @ApiCreatedResponse({ description: 'The key, shown this once', standardSchema: ApiKeyCreated })
  async create(@Req() request: Request, @Body({ schema: ApiKeyRequest }) body: ApiKeyRequest): Promise<ApiKeyCreated> {
    const { name, verbs, rooms, expiresAt } = body
    if (expiresAt !== undefined && expiresAt <= Date.now()) {
      throw badRequest('The key would already have expired.', [{ path: 'expiresAt', message: 'lies in the past' }])
    }
    const key = API_KEY_PREFIX + randomBytes(32).toString('base64url')
    const caller = callerOf(request)
    // Otherwise a key that may create keys could create one with every right.
    caller.demandNoMore(verbs, rooms.length === 0 ? null : rooms)
    const createdBy = caller.name
    const record = await this.keys.create(key, { name, verbs, rooms, createdBy, expiresAt: expiresAt ?? null })
    await this.audit.record(request, {
      action: 'key.created',
      target: record.id,
      detail: { name, verbs, rooms, expiresAt: record.expiresAt },
    })
    return { key, record }
  }

  @Delete(':id')
  @HttpCode(200)
  @Needs('access.write')
  @ApiOkResponse({ description: 'The key no longer works', standardSchema: Done })
  async revoke(@Req() request: Request, @Param('id', { schema: z.string().max(100) }) id: string): Promise<Done> {
    const record = await this.keys.revoke(id)
    if (record === undefined) throw notFound(`There is no API key ${id}.`)
    this.revoked.tell(keyCallerId(id), callerOf(request).name)
    const { audited } = await this.audit.record(request, {
      action: 'key.revoked',
      target: id,
      detail: { name: record.name },
    })
    return { done: true, audited }
  }
}
