import { loadConfig } from '../config/config.js'
import { newSigninSecret, signinUrl } from '../control/access/signin-links.js'
import { SystemClock } from '../infra/system-clock.js'
import { EndedSignIns } from '../store/access/ended-sign-ins.js'
import { PostgresSigninLinks } from '../store/postgres/postgres-signin-links.js'
import { controlUrlOf } from './control-url.js'
import { runCommand } from './run-command.js'
import { withDatabase } from './signin-database.js'

/** Prints a new single-use sign-in link; earlier links stop working. */
await runCommand(async () => {
  const config = loadConfig(process.env)
  const controlUrl = controlUrlOf(config)
  const secret = newSigninSecret()
  await withDatabase(config, (db) => new PostgresSigninLinks(db, new SystemClock(), new EndedSignIns()).create(secret))
  process.stdout.write(`${signinUrl(controlUrl, secret)}\n`)
  return 0
})
