import { Controller, Get, Query } from '@nestjs/common'
import { ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { AuditCheck, AuditPage, type AuditRow, ListQuery, type Page } from '@gatehouse/protocol/rest'
import { AuditLog } from '../../store/repositories/index.js'
import { Needs } from '../access/needs.decorator.js'
import { listRequestOf } from '../lists/list-query.js'

/** What was done, by whom, and what was denied. */
@ApiTags('audit')
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly log: AuditLog) {}

  @Get()
  @Needs('audit.read')
  @ApiOkResponse({ description: 'Audit rows, newest first', standardSchema: AuditPage })
  list(@Query({ schema: ListQuery }) query: ListQuery): Promise<Page<AuditRow>> {
    return this.log.list(listRequestOf(query))
  }

  @Get('verify')
  @Needs('audit.read')
  @ApiOkResponse({ description: 'Whether the hash chain holds', standardSchema: AuditCheck })
  verify(): Promise<AuditCheck> {
    return this.log.verify()
  }
}
