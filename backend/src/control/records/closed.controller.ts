import { Controller, Get, Param, Query } from '@nestjs/common'
import { ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { type CloseRecord, CloseRecordDetail, CloseRecordPage, ListQuery, type Page } from '@gatehouse/protocol/rest'
import { z } from 'zod'
import { CloseRecordRepository } from '../../store/repositories/index.js'
import { Needs } from '../access/needs.decorator.js'
import { notFound } from '../http/problem.js'
import { listRequestOf } from '../lists/list-query.js'

/** Why connections ended. */
@ApiTags('records')
@Controller('v1/closed')
export class ClosedController {
  constructor(private readonly records: CloseRecordRepository) {}

  @Get()
  @Needs('read')
  @ApiOkResponse({ description: 'Close records, newest first', standardSchema: CloseRecordPage })
  list(@Query({ schema: ListQuery }) query: ListQuery): Promise<Page<CloseRecord>> {
    return this.records.list(listRequestOf(query))
  }

  @Get(':id')
  @Needs('read')
  @ApiOkResponse({
    description: 'One close record with the connection’s last timeline',
    standardSchema: CloseRecordDetail,
  })
  async find(@Param('id', { schema: z.string().max(100) }) id: string): Promise<CloseRecordDetail> {
    const record = await this.records.find(id)
    if (record === undefined)
      throw notFound(
        `There is no close record ${id}; the connection may still be open, or the record older than records are kept.`,
      )
    return record
  }
}
