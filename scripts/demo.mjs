// npm run demo: a node of its own with a crowd of simulated clients and a chat page; its data is removed when it ends.
import { join } from 'node:path'
import { ensureBuilt } from './build.mjs'
import { endOnSignal, runScript } from './child.mjs'
import { alone, noteRunning, ROOT } from './clone.mjs'
import { runForwarded } from './forward.mjs'
import { ensureInstalled } from './install.mjs'
import { chooseNode } from './runtime.mjs'

await runScript(async () => {
  const say = (line) => process.stdout.write(`${line}\n`)
  const stopEnding = endOnSignal()
  await alone(async () => {
    await ensureInstalled(say)
    await ensureBuilt(say)
    noteRunning()
  }, say)
  const args = [join(ROOT, 'demo', 'src', 'main.ts'), ...process.argv.slice(2)]
  const ended = runForwarded({ file: chooseNode(), args, env: process.env })
  stopEnding()
  process.exitCode = await ended
})
