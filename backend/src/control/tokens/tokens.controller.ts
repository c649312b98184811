import { Body, Controller, Post, Req } from '@nestjs/common'
import { ApiCreatedResponse, ApiTags } from '@nestjs/swagger'
import { TokenRequest, TokenResult } from '@gatehouse/protocol/rest'
import type { Request } from 'express'
import { Needs } from '../access/needs.decorator.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { conflict } from '../http/problem.js'
import { callerOf } from '../http/request-context.js'
import { TokenMint } from '../ports/token-mint.js'

/** Tokens for clients. */
@ApiTags('tokens')
@Controller('v1/tokens')
export class TokensController {
  constructor(
    private readonly tokens: TokenMint,
    private readonly audit: AuditTrail,
  ) {}

  @Post()
  @Needs('token.mint')
  @ApiCreatedResponse({ description: 'A signed token', standardSchema: TokenResult })
  async mint(@Req() request: Request, @Body({ schema: TokenRequest }) body: TokenRequest): Promise<TokenResult> {
    callerOf(request).demandNoMore([], Object.keys(body.rooms))
    const minting = this.tokens.mint(body)
    if (minting === null) {
      throw conflict(
        'foreign_keys',
        'Tokens are checked with the keys of JWT_JWKS here; have whoever holds the private key sign them.',
      )
    }
    const result = await minting
    await this.audit.record(request, {
      action: 'token.minted',
      target: body.sub,
      detail: { rooms: body.rooms, expiresAt: result.expiresAt },
    })
    return result
  }
}
