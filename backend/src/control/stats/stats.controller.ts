import { Controller, Get, Query } from '@nestjs/common'
import { ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { StatsQuery, StatsSeries } from '@gatehouse/protocol/rest'
import type { z } from 'zod'
import { StatsRepository } from '../../store/repositories/index.js'
import { Needs } from '../access/needs.decorator.js'
import { badRequest } from '../http/problem.js'

/** Series for charts. */
@ApiTags('stats')
@Controller('v1/stats')
export class StatsController {
  constructor(private readonly stats: StatsRepository) {}

  @Get()
  @Needs('read')
  @ApiOkResponse({
    description: 'The values of each interval; intervals without a point were not measured',
    standardSchema: StatsSeries,
  })
  async series(@Query({ schema: StatsQuery }) query: z.infer<typeof StatsQuery>): Promise<StatsSeries> {
    if (query.to <= query.from)
      throw badRequest('to must lie after from.', [{ path: 'to', message: 'lies before from' }])
    return this.stats.series(query)
  }
}
