import { Body, Controller, Post, Req } from '@nestjs/common'
import { ApiCreatedResponse, ApiTags } from '@nestjs/swagger'
import { TokenRequest, TokenResult } from '@gatehouse/protocol/rest'
import type { Request } from 'express'
import { Hub } from '../../realtime/hub.js'
import type { RoomPolicy } from '../../realtime/rights/room-policy.js'
import { Needs } from '../access/needs.decorator.js'
import { AuditTrail } from '../audit/audit-trail.js'
import { conflict } from '../http/problem.js'
import { callerOf } from '../http/request-context.js'
import { TokenMint } from '../ports/token-mint.js'

/** Tokens for clients. */
@ApiTags('tokens')
@Controller('v1/tokens')
export class TokensController {
  readonly #policy: RoomPolicy

  constructor(
    private readonly tokens: TokenMint,
    private readonly audit: AuditTrail,
    hub: Hub,
  ) {
    this.#policy = hub.policy
  }

  @Post()
  @Needs('token.mint')
  @ApiCreatedResponse({ description: 'A signed token', standardSchema: TokenResult })
  async mint(@Req() request: Request, @Body({ schema: TokenRequest }) body: TokenRequest): Promise<TokenResult> {
    const caller = callerOf(request)
    caller.demandNoMore([], Object.keys(body.rooms))
    // The subject alone gives access to its own rooms, whatever rooms the token names.
    for (const room of this.#policy.ownRooms(body.sub)) caller.demandRoom(room)
    const minting = this.tokens.mint(body)
    if (minting === null) {
      throw conflict(
        'foreign_keys',
        'This node checks tokens with the keys of JWT_JWKS and cannot sign any; sign them where the private key is.',
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
