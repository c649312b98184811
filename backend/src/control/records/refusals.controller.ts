import { Controller, Get, Param, Query } from '@nestjs/common'
import { ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { ListQuery, type Page, Refusal, RefusalPage } from '@gatehouse/protocol/rest'
import { z } from 'zod'
import { RefusalRepository } from '../../store/repositories/index.js'
import { Needs } from '../access/needs.decorator.js'
import { notFound } from '../http/problem.js'
import { listRequestOf } from '../lists/list-query.js'

/** Why opening requests were refused. */
@ApiTags('records')
@Controller('v1/refusals')
export class RefusalsController {
  constructor(private readonly refusals: RefusalRepository) {}

  @Get()
  @Needs('read')
  @ApiOkResponse({ description: 'Refusals, newest first', standardSchema: RefusalPage })
  list(@Query({ schema: ListQuery }) query: ListQuery): Promise<Page<Refusal>> {
    return this.refusals.list(listRequestOf(query))
  }

  @Get(':id')
  @Needs('read')
  @ApiOkResponse({ description: 'One refusal', standardSchema: Refusal })
  async find(@Param('id', { schema: z.string().max(100) }) id: string): Promise<Refusal> {
    const refusal = await this.refusals.find(id)
    if (refusal === undefined)
      throw notFound(`There is no refusal ${id}; it may be counted in another one, or older than records are kept.`)
    return refusal
  }
}
