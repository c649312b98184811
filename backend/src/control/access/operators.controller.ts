import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req } from '@nestjs/common'
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import {
  Done,
  ListQuery,
  Operator,
  OperatorPage,
  OperatorPatch,
  OperatorRequest,
  type Page,
  type Role,
} from '@gatehouse/protocol/rest'
import type { Request } from 'express'
import { z } from 'zod'
import { OperatorRepository } from '../../store/repositories/index.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { notFound } from '../http/problem.js'
import { callerOf } from '../http/request-context.js'
import { listRequestOf } from '../lists/list-query.js'
import { operatorRights } from './caller.js'
import { Needs } from './needs.decorator.js'
import { Passwords } from './passwords.js'

const Name = z.string().min(1).max(64)

/** People who may sign in. */
@ApiTags('access')
@Controller('v1/access/operators')
export class OperatorsController {
  constructor(
    private readonly operators: OperatorRepository,
    private readonly passwords: Passwords,
    private readonly audit: AuditTrail,
  ) {}

  @Get()
  @Needs('access.read')
  @ApiOkResponse({ description: 'Operators', standardSchema: OperatorPage })
  list(@Query({ schema: ListQuery }) query: ListQuery): Promise<Page<Operator>> {
    return this.operators.list(listRequestOf(query))
  }

  @Post()
  @Needs('access.write')
  @ApiCreatedResponse({ description: 'The new operator', standardSchema: Operator })
  async create(@Req() request: Request, @Body({ schema: OperatorRequest }) body: OperatorRequest): Promise<Operator> {
    const { name, role, rooms, password } = body
    demandRole(request, role, rooms)
    const passwordHash = await this.passwords.hash(password)
    const operator = await this.operators.create({ name, role, rooms, passwordHash })
    await this.audit.record(request, { action: 'operator.created', target: name, detail: { role, rooms } })
    return operator
  }

  @Patch(':name')
  @Needs('access.write')
  @ApiOkResponse({
    description: 'The changed operator; its sign-ins end when password or role changed',
    standardSchema: Operator,
  })
  async change(
    @Req() request: Request,
    @Param('name', { schema: Name }) name: string,
    @Body({ schema: OperatorPatch }) body: OperatorPatch,
  ): Promise<Operator> {
    const before = await this.#find(request, name)
    const { password, ...rest } = body
    demandRole(request, rest.role ?? before.role, rest.rooms ?? before.rooms)
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password)
    const after = await this.operators.change(name, { ...rest, passwordHash })
    if (after === undefined) throw unknownOperator(name)
    await this.audit.record(request, {
      action: 'operator.changed',
      target: name,
      detail: { before: rightsOf(before), after: rightsOf(after), passwordChanged: password !== undefined },
    })
    return after
  }

  @Delete(':name')
  @HttpCode(200)
  @Needs('access.write')
  @ApiOkResponse({ description: 'The operator is removed', standardSchema: Done })
  async remove(@Req() request: Request, @Param('name', { schema: Name }) name: string): Promise<Done> {
    const before = await this.#find(request, name)
    if (!(await this.operators.remove(name))) throw unknownOperator(name)
    const { audited } = await this.audit.record(request, {
      action: 'operator.removed',
      target: name,
      detail: { before: rightsOf(before) },
    })
    return { done: true, audited }
  }

  /** The operator, if the caller has all of its rights; otherwise the caller could set its password and act as it. */
  async #find(request: Request, name: string): Promise<Operator> {
    const operator = await this.operators.find(name)
    if (operator === undefined) throw unknownOperator(name)
    demandRole(request, operator.role, operator.rooms)
    return operator
  }
}

/** An admin may create any operator; a key with access.write only operators with no more rights than its own. */
function demandRole(request: Request, role: Role, rooms: readonly string[]): void {
  const rights = operatorRights(role, rooms)
  callerOf(request).demandNoMore(rights.verbs, rights.rooms)
}

const unknownOperator = (name: string) => notFound(`There is no operator ${name}.`)
const rightsOf = ({ role, rooms, disabled }: Operator) => ({ role, rooms, disabled })
