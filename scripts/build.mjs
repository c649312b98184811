// Builds the packages if a source file has changed since the last build.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './child.mjs'
import { ROOT, SCRATCH } from './clone.mjs'
import { chooseNode, toolEnvironment } from './runtime.mjs'

const STAMP_FILE = join(SCRATCH, 'build-stamp')
const PACKAGES = ['protocol', 'client', 'backend', 'dashboard']
const OUTPUTS = ['protocol/dist/index.js', 'client/dist/index.js', 'backend/dist/main.js', 'dashboard/dist/index.html']
const SHARED_INPUTS = ['package-lock.json', 'tsconfig.base.json', 'nx.json']
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'test', '.svelte-check', 'coverage'])

/** @throws Problem when a package does not build; the compiler's output is on standard error by then */
export async function ensureBuilt(say) {
  const stamp = stampOfSources()
  if (existsSync(STAMP_FILE) && readFileSync(STAMP_FILE, 'utf8') === stamp && hasOutputs()) return
  const node = chooseNode()
  await runQuietly({
    doing: 'Building',
    done: 'Built',
    file: node,
    args: [
      join('node_modules', 'nx', 'dist', 'bin', 'nx.js'),
      'run-many',
      '-t',
      'build',
      '--parallel=2',
      '--output-style=static',
    ],
    env: toolEnvironment(node),
    say,
  })
  mkdirSync(SCRATCH, { recursive: true })
  writeFileSync(STAMP_FILE, stamp)
}

function hasOutputs() {
  return OUTPUTS.every((output) => existsSync(join(ROOT, output)))
}

// Names, sizes and modification times instead of contents, so that a second start does not read a thousand files.
function stampOfSources() {
  const hash = createHash('sha256')
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(ROOT, path))
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  for (const path of SHARED_INPUTS) add(path)
  for (const name of PACKAGES) for (const path of sourcesBelow(name)) add(path)
  return `${hash.digest('hex')}\n`
}

function sourcesBelow(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : sourcesBelow(path)
      return /\.test\.\w+$|\.tsbuildinfo$/.test(entry.name) ? [] : [path]
    })
}
