import { Controller, Get, HttpCode, Post, Req, Res, UseInterceptors } from '@nestjs/common'
import { ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { NodeStatus, Operation } from '@gatehouse/protocol/rest'
import type { Request, Response } from 'express'
import { NodeState } from '../../operations/service/node-state.js'
import { OperationEngine } from '../../operations/run/operation-engine.js'
import { Needs } from '../access/needs.decorator.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { IdempotencyInterceptor } from '../http/idempotency.interceptor.js'
import { conflict } from '../http/problem.js'
import { callerOf } from '../http/request-context.js'
import { demandBulk } from '../operations/operation-order.js'
import { NodeStatusReader } from './node-status.js'

/** This node. */
@ApiTags('node')
@Controller('v1/node')
export class NodeController {
  constructor(
    private readonly status: NodeStatusReader,
    private readonly state: NodeState,
    private readonly engine: OperationEngine,
    private readonly audit: AuditTrail,
  ) {}

  @Get()
  @Needs('read')
  @ApiOkResponse({ description: 'State, load and settings of the node', standardSchema: NodeStatus })
  read(): NodeStatus {
    return this.status.read()
  }

  @Post('return-to-service')
  @HttpCode(200)
  @Needs('operation.run')
  @UseInterceptors(IdempotencyInterceptor)
  @ApiOkResponse({ description: 'The node takes clients again; the operation that held it', standardSchema: Operation })
  async returnToService(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<Operation> {
    demandBulk(callerOf(request), undefined, 'operation.run')
    const { operation: id } = this.state
    if (id === null) throw conflict('not_in_this_state', 'The node is in service already.')
    const operation = this.engine.returnToService(id)
    const { audited } = await this.audit.record(request, { action: 'node.returned_to_service', target: id })
    if (!audited) response.status(202)
    return operation
  }
}
