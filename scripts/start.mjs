// npm start: installs and builds what has changed, then runs the node.
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
  const args = ['--enable-source-maps', join(ROOT, 'backend', 'dist', 'main.js'), ...process.argv.slice(2)]
  const ended = runForwarded({ file: chooseNode(), args, env: process.env })
  stopEnding()
  process.exitCode = await ended
})
