// Installs the dependencies if the lock file has changed since the last install.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './child.mjs'
import { ROOT, runningNodes } from './clone.mjs'
import { checkPlatform, Problem } from './runtime.mjs'

const STAMP_FILE = join(ROOT, '.install-stamp')

/** @throws Problem when this platform is not supported, a node runs from this clone, or npm fails */
export async function ensureInstalled(say) {
  checkPlatform()
  const stamp = stampOf(readFileSync(join(ROOT, 'package-lock.json')))
  if (isInstalled(stamp)) return
  const [pid] = runningNodes()
  if (pid !== undefined) {
    throw new Problem(`Dependencies have changed, and process ${pid} runs from this clone. Stop it, then start again.`)
  }
  rmSync(STAMP_FILE, { force: true })
  await runQuietly({
    doing: 'Installing dependencies',
    done: 'Installed dependencies',
    ...npmCommand(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']),
    env: { ...process.env, NODE_ENV: 'development' },
    say,
  })
  writeFileSync(STAMP_FILE, stamp)
}

function isInstalled(stamp) {
  return existsSync(join(ROOT, 'node_modules')) && existsSync(STAMP_FILE) && readFileSync(STAMP_FILE, 'utf8') === stamp
}

// Includes the platform, because a clone on a shared disk may be started on two kinds of machine.
function stampOf(lock) {
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`
}

/** How to run npm: the one that runs this script if there is one, otherwise the one on PATH. */
function npmCommand(args) {
  const npm = process.env.npm_execpath
  return npm !== undefined && /npm-cli\.c?js$/.test(npm)
    ? { file: process.execPath, args: [npm, ...args] }
    : { file: 'npm', args }
}
