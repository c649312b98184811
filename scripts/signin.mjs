// npm run -s signin: prints another one-time sign-in link.
import { runCommand } from './command.mjs'

await runCommand('signin')
