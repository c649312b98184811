// npm run documents: writes the parts of README and docs/ that are generated from the code.
import { runCommand } from './command.mjs'

await runCommand('write-documents')
