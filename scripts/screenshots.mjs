// npm run screenshots: writes every page in both themes to docs/screenshots, or to the folder given as an argument.
import { join } from 'node:path'
import { ensureBrowserLibraries } from './browser-libraries.mjs'
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
    await ensureBrowserLibraries(say)
    await ensureBuilt(say)
  }, say)
  const args = [join(ROOT, 'demo', 'src', 'screenshots.ts'), ...process.argv.slice(2)]
  const ended = runForwarded({ file: chooseNode(), args, env: process.env })
  stopEnding()
  process.exitCode = await ended
})
