// npm run bench: measures a node beside other servers in one run. `-- --quick` only shows that it works;
// `-- --before <folder>` measures it beside the Gatehouse of an earlier checkout instead.
import { join } from 'node:path'
import { ensureBuilt } from './build.mjs'
import { endOnSignal, runScript } from './child.mjs'
import { alone, ROOT } from './clone.mjs'
import { runForwarded } from './forward.mjs'
import { ensureInstalled } from './install.mjs'
import { chooseNode } from './runtime.mjs'

await runScript(async () => {
  const say = (line) => process.stderr.write(`${line}\n`)
  const stopEnding = endOnSignal()
  await alone(async () => {
    await ensureInstalled(say)
    await ensureBuilt(say)
  }, say)
  const args = [join(ROOT, 'bench', 'src', 'main.ts'), ...process.argv.slice(2)]
  const ended = runForwarded({ file: chooseNode(), args, env: process.env })
  stopEnding()
  process.exitCode = await ended
})
