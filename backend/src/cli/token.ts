import { loadConfig } from '../config/config.js'
import { mintToken } from '../infra/jwt/mint-token.js'
import { jwtSettingsOf } from '../infra/jwt/jwt-settings.js'
import { asksForHelp, runCommand, UsageFault } from './run-command.js'
import { readTokenArguments, TOKEN_USAGE } from './token-arguments.js'

/** Prints only a token, signed with this node's key. Needs neither a running node nor a database. */
await runCommand(async () => {
  const args = process.argv.slice(2)
  if (asksForHelp(args)) {
    process.stdout.write(`Usage: ${TOKEN_USAGE}\n`)
    return 0
  }
  const { subject, rooms, lifetimeMs } = readTokenArguments(args)
  const settings = jwtSettingsOf(loadConfig(process.env))
  if (settings.secret === null) {
    throw new UsageFault('Tokens are checked with JWT_JWKS, so they can be signed only where the private key is.')
  }
  const { token } = await mintToken(settings, { subject, rooms, lifetimeMs, nowMs: Date.now() })
  process.stdout.write(`${token}\n`)
  return 0
})
