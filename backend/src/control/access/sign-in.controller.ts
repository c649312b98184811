import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common'
import { ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { Done, FirstSignInRequest, Me, SignInRequest } from '@gatehouse/protocol/rest'
import type { Request, Response } from 'express'
import { ControlSettings } from '../control-settings.js'
import { callerOf } from '../http/request-context.js'
import type { Caller } from './caller.js'
import { NeedsCaller, Open } from './needs.decorator.js'
import { SignIns } from './sign-ins.js'

/** Signing in and out, and who the caller is. */
@ApiTags('sign-in')
@Controller('v1')
export class SignInController {
  constructor(
    private readonly signIns: SignIns,
    private readonly settings: ControlSettings,
  ) {}

  @Get('me')
  @NeedsCaller()
  @ApiOkResponse({ description: 'The caller and what it may do', standardSchema: Me })
  me(@Req() request: Request): Me {
    return this.#me(callerOf(request))
  }

  @Post('signin')
  @HttpCode(200)
  @Open()
  @ApiOkResponse({ description: 'Signed in; the cookie is set', standardSchema: Me })
  async signIn(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Body({ schema: SignInRequest }) body: SignInRequest,
  ): Promise<Me> {
    const begun = await this.signIns.begin(request, body)
    response.setHeader('Set-Cookie', begun.setCookie)
    return this.#me(begun.caller)
  }

  @Post('signin/first')
  @HttpCode(200)
  @Open()
  @ApiOkResponse({ description: 'The link is used up; signed in as an admin', standardSchema: Me })
  async signInFirst(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Body({ schema: FirstSignInRequest }) body: FirstSignInRequest,
  ): Promise<Me> {
    const begun = await this.signIns.beginFirst(request, body)
    response.setHeader('Set-Cookie', begun.setCookie)
    return this.#me(begun.caller)
  }

  @Post('signout')
  @HttpCode(200)
  @Open()
  @ApiOkResponse({ description: 'Signed out, or was not signed in', standardSchema: Done })
  async signOut(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<Done> {
    response.setHeader('Set-Cookie', await this.signIns.end(request))
    return { done: true, audited: true }
  }

  #me(caller: Caller): Me {
    return {
      kind: caller.kind,
      name: caller.name,
      role: caller.role,
      verbs: [...caller.verbs],
      rooms: [...(caller.rooms ?? [])],
      sessionExpiresAt: caller.session?.expiresAt ?? null,
      cluster: this.settings.clusterId,
      node: this.settings.nodeId,
      environment: this.settings.environment,
    }
  }
}
