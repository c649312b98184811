// npm run documents: writes the parts of README and docs/ that follow from the code.
import { runCommand } from './command.mjs'

await runCommand('write-documents')
