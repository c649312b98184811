// npm run drain: drains the running node of this clone.
import { runCommand } from './command.mjs'

await runCommand('drain')
