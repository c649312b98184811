// Fails where two files of backend/src share a name, so that a name says which file is meant. Tests and index.ts aside.
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ROOT } from './clone.mjs'

const byName = new Map()
for (const path of readdirSync(join(ROOT, 'backend', 'src'), { recursive: true })) {
  const name = basename(path)
  if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name === 'index.ts') continue
  byName.set(name, [...(byName.get(name) ?? []), path])
}
for (const [name, paths] of byName) {
  if (paths.length < 2) continue
  process.stdout.write(`${name} stands twice in backend/src: ${paths.join(', ')}. Name each for what it holds.\n`)
  process.exitCode = 1
}
