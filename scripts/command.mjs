// Runs one of the small programs in backend/dist/cli, installed and built first where needed.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt } from './build.mjs'
import { ending, endOnSignal, runScript } from './child.mjs'
import { alone, ROOT } from './clone.mjs'
import { ensureInstalled } from './install.mjs'
import { chooseNode } from './runtime.mjs'

/** Progress goes to standard error: standard output belongs to the program alone. */
export async function runCommand(name) {
  await runScript(async () => {
    const say = (line) => process.stderr.write(`${line}\n`)
    const stopEnding = endOnSignal()
    await alone(async () => {
      await ensureInstalled(say)
      await ensureBuilt(say)
    }, say)
    stopEnding()
    const args = [join(ROOT, 'backend', 'dist', 'cli', `${name}.js`), ...process.argv.slice(2)]
    process.exitCode = await ending(spawn(chooseNode(), args, { stdio: 'inherit' }))
  })
}
