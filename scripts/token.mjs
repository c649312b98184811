// npm run -s token: prints a JWT for this node's key and nothing else.
import { runCommand } from './command.mjs'

await runCommand('token')
