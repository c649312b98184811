import { Controller, Get, Header, Res } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import type { Response } from 'express'
import { NodeState } from '../../operations/service/node-state.js'
import { isNodeReady } from '../../operations/service/readiness.js'
import { Needs, Open } from '../access/needs.decorator.js'
import { KnownBans } from '../ports/known-bans.js'
import { MetricsText } from '../ports/metrics-text.js'

/** The routes for load balancers, supervisors and Prometheus. */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    private readonly state: NodeState,
    private readonly bans: KnownBans,
    private readonly metrics: MetricsText,
  ) {}

  @Get('livez')
  @Open()
  live(): { state: string } {
    return { state: 'live' }
  }

  @Get('readyz')
  @Open()
  ready(@Res({ passthrough: true }) response: Response): { state: string } {
    const isReady = isNodeReady(this.state, this.bans)
    if (!isReady) response.status(503)
    return { state: isReady || !this.state.isReady ? this.state.name : 'degraded' }
  }

  @Get('metrics')
  @Needs('metrics.read')
  @Header('Cache-Control', 'no-store')
  async text(@Res() response: Response): Promise<void> {
    const text = await this.metrics.text()
    response.setHeader('Content-Type', this.metrics.contentType)
    response.end(text)
  }
}
