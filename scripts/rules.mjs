// Checks that every rule of the protocol is named by a test, and that tests name no other rules.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ROOT } from './clone.mjs'
import { faultsOf, PAGE, rulesIn, testNamesIn } from './rule-ids.mjs'

const PASSED_BY = new Set(['node_modules', 'dist'])

/** All TypeScript files below a folder that define tests, including shared ones such as contracts. */
function* testFilesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !PASSED_BY.has(entry.name)) yield* testFilesIn(path)
    else if (entry.isFile() && entry.name.endsWith('.ts')) {
      const source = readFileSync(path, 'utf8')
      if (source.includes(" from 'vitest'")) yield { file: relative(ROOT, path), source }
    }
  }
}

const rules = rulesIn(readFileSync(join(ROOT, PAGE), 'utf8'))
const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const files = workspaces.flatMap((name) => [...testFilesIn(join(ROOT, name))])
const names = files.flatMap(({ file, source }) => testNamesIn(source, file))
const faults = rules.length === 0 ? [`${PAGE} defines no rule.`] : faultsOf(rules, names)
for (const fault of faults) process.stderr.write(`${fault}\n`)
if (faults.length === 0) process.stdout.write(`${rules.length} rules, each named by a test\n`)
else process.exitCode = 1
