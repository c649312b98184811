import { Controller, Get, Param } from '@nestjs/common'
import { ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { CloseRecordDetail, ConnectionDetail } from '@gatehouse/protocol/rest'
import { z } from 'zod'
import { Hub } from '../../realtime/hub.js'
import { CloseRecordRepository } from '../../store/repositories/index.js'
import { Needs } from '../access/needs.decorator.js'
import { notFound } from '../http/problem.js'
import { ConnectionView } from './connection-view.js'

/** What a connection id refers to: the open connection, or its close record. Exactly one of the two is not null. */
const CloseIdAnswer = z
  .object({ open: ConnectionDetail.nullable(), closed: CloseRecordDetail.nullable() })
  .meta({ id: 'CloseIdAnswer' })
type CloseIdAnswer = z.infer<typeof CloseIdAnswer>

/** Resolves the id that a client was given, whether its connection is open or closed. */
@ApiTags('records')
@Controller('v1/c')
export class CloseIdController {
  constructor(
    private readonly hub: Hub,
    private readonly view: ConnectionView,
    private readonly records: CloseRecordRepository,
  ) {}

  @Get(':id')
  @Needs('read')
  @ApiOkResponse({ description: 'The open connection or its close record', standardSchema: CloseIdAnswer })
  async resolve(@Param('id', { schema: z.string().min(1).max(100) }) id: string): Promise<CloseIdAnswer> {
    const connection = this.hub.connections.get(id)
    if (connection !== undefined) return { open: this.view.detail(connection), closed: null }
    const closed = await this.records.find(id)
    if (closed === undefined) throw notFound(`There was no connection ${id}, or its close record is no longer kept.`)
    return { open: null, closed }
  }
}
