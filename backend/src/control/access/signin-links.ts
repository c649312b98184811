import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { OperatorRepository, SigninLinkRepository } from '../../store/repositories/index.js'

/** 192 bits: short enough to copy from a terminal, too long to guess. */
const SECRET_BYTES = 24

/** Makes the single-use links that let a first operator choose a name and a password. */
@Injectable()
export class SigninLinks {
  constructor(
    private readonly operators: OperatorRepository,
    private readonly links: SigninLinkRepository,
  ) {}

  /** The link that the start prints: one while there is no operator yet, else null. */
  async atStart(controlUrl: string): Promise<string | null> {
    return (await this.operators.count()) === 0 ? this.make(controlUrl) : null
  }

  /** A new link; earlier ones stop working. The secret is after `#`, so no server or proxy sees it. */
  async make(controlUrl: string): Promise<string> {
    const secret = newSigninSecret()
    await this.links.create(secret)
    return signinUrl(controlUrl, secret)
  }
}

export function newSigninSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** The page that redeems a link's secret. */
export function signinUrl(controlUrl: string, secret: string): string {
  return new URL(`/signin#${secret}`, controlUrl).href
}
