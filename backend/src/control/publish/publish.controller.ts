import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common'
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { PublishManyRequest, PublishManyResult, type TargetResult } from '@gatehouse/protocol/rest'
import type { Request, Response } from 'express'
import { Needs } from '../access/needs.decorator.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { callerOf } from '../http/request-context.js'
import { TargetPublisher } from './target-publisher.js'

/** One message to many rooms, users and connections. */
@ApiTags('publish')
@Controller('v1/publish')
export class PublishController {
  constructor(
    private readonly publisher: TargetPublisher,
    private readonly audit: AuditTrail,
  ) {}

  @Post()
  @HttpCode(200)
  @Needs('publish')
  @ApiOkResponse({ description: 'What became of each target, in the order asked', standardSchema: PublishManyResult })
  @ApiAcceptedResponse({
    description: 'The same; the audit row waits for PostgreSQL',
    standardSchema: PublishManyResult,
  })
  async publish(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Body({ schema: PublishManyRequest }) body: PublishManyRequest,
  ): Promise<PublishManyResult> {
    const results = await this.publisher.publish(request, body)
    // Publishes by API keys are traffic and are not audited, as in rooms.
    if (callerOf(request).kind === 'key') return { results }
    const { audited } = await this.audit.record(request, {
      action: 'message.published',
      target: null,
      detail: { results: results.map(auditedResult) },
    })
    if (!audited) response.status(202)
    return { results, audited }
  }
}

/** What the audit log keeps for a target: the target and its result, never the payload. */
function auditedResult(result: TargetResult): Readonly<Record<string, unknown>> {
  if ('error' in result) return { ...result.to, error: result.error.code }
  return 'offset' in result.ok
    ? { ...result.to, offset: result.ok.offset, duplicate: result.ok.duplicate }
    : { ...result.to, connections: result.ok.connections }
}
