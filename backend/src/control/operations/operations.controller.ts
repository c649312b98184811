import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query, Req, Res, UseInterceptors } from '@nestjs/common'
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import {
  ListQuery,
  Operation,
  OperationDetail,
  OperationPage,
  OperationPatch,
  OperationRequest,
  type Page,
  Plan,
} from '@gatehouse/protocol/rest'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { OperationEngine } from '../../operations/run/operation-engine.js'
import { PlanRepository } from '../../store/repositories/index.js'
import { Needs } from '../access/needs.decorator.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { IdempotencyInterceptor } from '../http/idempotency.interceptor.js'
import { callerOf } from '../http/request-context.js'
import { listRequestOf } from '../lists/list-query.js'
import { demandBulk, orderOf } from './operation-order.js'

const Id = z.string().min(1).max(100)

/** Bulk actions: plan, run, change the rate, pause, resume, cancel. */
@ApiTags('operations')
@Controller('v1/operations')
@UseInterceptors(IdempotencyInterceptor)
export class OperationsController {
  constructor(
    private readonly engine: OperationEngine,
    private readonly plans: PlanRepository,
    private readonly audit: AuditTrail,
  ) {}

  @Get()
  @Needs('read')
  @ApiOkResponse({ description: 'Operations, newest first', standardSchema: OperationPage })
  list(@Query({ schema: ListQuery }) query: ListQuery): Promise<Page<Operation>> {
    return this.engine.list(listRequestOf(query))
  }

  @Get(':id')
  @Needs('read')
  @ApiOkResponse({ description: 'One operation with its burn-down', standardSchema: OperationDetail })
  find(@Param('id', { schema: Id }) id: string): Promise<OperationDetail> {
    return this.engine.get(id)
  }

  @Post()
  @Needs(['operation.plan', 'operation.run'])
  @ApiOkResponse({ description: 'With dryRun: what it would do', standardSchema: Plan })
  @ApiCreatedResponse({ description: 'With planId: it runs', standardSchema: Operation })
  @ApiAcceptedResponse({ description: 'It runs; the audit row waits for PostgreSQL', standardSchema: Operation })
  async order(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Body({ schema: OperationRequest }) body: OperationRequest,
  ): Promise<Plan | Operation> {
    const order = orderOf(body)
    return order.kind === 'plan'
      ? this.#plan(request, response, body)
      : this.#run(request, response, order.planId, body)
  }

  @Patch(':id')
  @Needs('operation.run')
  @ApiOkResponse({ description: 'Runs at the new rate', standardSchema: Operation })
  patch(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: OperationPatch }) { rate }: OperationPatch,
  ): Promise<Operation> {
    return this.#act(request, response, 'operation.rate_changed', () => this.engine.patch(id, rate), { rate })
  }

  @Post(':id/pause')
  @HttpCode(200)
  @Needs('operation.run')
  @ApiOkResponse({ description: 'Paused', standardSchema: Operation })
  pause(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('id', { schema: Id }) id: string,
  ) {
    return this.#act(request, response, 'operation.paused', (by) => this.engine.pause(id, by))
  }

  @Post(':id/resume')
  @HttpCode(200)
  @Needs('operation.run')
  @ApiOkResponse({ description: 'Goes on', standardSchema: Operation })
  resume(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('id', { schema: Id }) id: string,
  ) {
    return this.#act(request, response, 'operation.resumed', (by) => this.engine.resume(id, by))
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Needs('operation.run')
  @ApiOkResponse({ description: 'Called off', standardSchema: Operation })
  cancel(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('id', { schema: Id }) id: string,
  ) {
    return this.#act(request, response, 'operation.cancelled', (by) => this.engine.cancel(id, by))
  }

  @Post(':id/finish')
  @HttpCode(200)
  @Needs('operation.run')
  @ApiOkResponse({ description: 'Closes what is left at once', standardSchema: Operation })
  finish(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('id', { schema: Id }) id: string,
  ) {
    return this.#act(request, response, 'operation.finished', (by) => this.engine.finish(id, by))
  }

  async #plan(request: Request, response: Response, body: OperationRequest): Promise<Plan> {
    const caller = callerOf(request)
    demandBulk(caller, body.kind, 'operation.plan')
    const plan = await this.engine.plan(body, caller.name)
    await this.audit.record(request, {
      action: 'operation.planned',
      target: plan.planId,
      detail: {
        kind: plan.kind,
        target: summaryOf(plan.target),
        reason: plan.reason,
        connections: plan.blast.connections,
      },
    })
    response.status(200)
    return plan
  }

  async #run(
    request: Request,
    response: Response,
    planId: string,
    { force, startAt }: OperationRequest,
  ): Promise<Operation> {
    const caller = callerOf(request)
    demandBulk(caller, (await this.plans.find(planId))?.plan.kind, 'operation.run')
    const operation = await this.engine.run(planId, caller.name, { force, startAt })
    const { audited } = await this.audit.record(request, {
      action: 'operation.started',
      target: operation.id,
      detail: {
        planId,
        kind: operation.kind,
        reason: operation.reason,
        connections: operation.plan.blast.connections,
        force: force ?? false,
        startAt: startAt ?? null,
      },
    })
    response.status(audited ? 201 : 202)
    return operation
  }

  async #act(
    request: Request,
    response: Response,
    action: string,
    act: (by: string) => Operation,
    detail: Record<string, unknown> = {},
  ): Promise<Operation> {
    const caller = callerOf(request)
    demandBulk(caller, undefined, 'operation.run')
    const operation = act(caller.name)
    const { remaining } = operation.progress.buckets
    const { audited } = await this.audit.record(request, {
      action,
      target: operation.id,
      detail: { ...detail, remaining },
    })
    if (!audited) response.status(202)
    return operation
  }
}

/** Leaves out the ids, which can be ten thousand; the plan has them. */
function summaryOf({ ids, ...target }: Plan['target']): Record<string, unknown> {
  return ids === undefined ? target : { ...target, ids: ids.length }
}
