// Checks that a name says where to look: no two files of backend/src share one (tests and index.ts aside), and
// docs/architecture.md names every folder.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { ROOT } from './clone.mjs'

const SOURCES = join('backend', 'src')
/** Folders that say by their name what they hold, wherever they are. */
const PLAIN = new Set(['testing', 'migrations'])

const faults = []
const entries = readdirSync(join(ROOT, SOURCES), { recursive: true, withFileTypes: true })

const pathsByName = new Map()
for (const entry of entries) {
  if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.test.ts')) continue
  if (entry.name === 'index.ts') continue
  pathsByName.set(entry.name, [
    ...(pathsByName.get(entry.name) ?? []),
    relative(ROOT, join(entry.parentPath, entry.name)),
  ])
}
for (const [name, paths] of pathsByName) {
  if (paths.length > 1) faults.push(`${name} stands twice: ${paths.join(', ')}. Name each file for what it holds.`)
}

const map = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8')
for (const entry of entries) {
  if (!entry.isDirectory() || PLAIN.has(entry.name)) continue
  const isNamed = map.includes(`\`${entry.name}/\``) || map.includes(`\`${SOURCES}/${entry.name}/\``)
  if (!isNamed) faults.push(`${join(basename(entry.parentPath), entry.name)}/ is missing in docs/architecture.md.`)
}

for (const fault of faults) process.stderr.write(`${fault}\n`)
if (faults.length > 0) process.exitCode = 1
