// npm test: installs, builds, then checks everything in order. Ends with one line: N passed, N failed.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBrowserLibraries } from './browser-libraries.mjs'
import { ensureBuilt } from './build.mjs'
import { endOnSignal, runLoudly, runScript } from './child.mjs'
import { alone, ROOT, SCRATCH } from './clone.mjs'
import { ensureInstalled } from './install.mjs'
import { chooseNode, Problem, toolEnvironment } from './runtime.mjs'
import { countTests, failuresIn } from './test-report.mjs'

const size = process.argv.includes('--long') ? 'long' : 'small'
const NX = join('node_modules', 'nx', 'dist', 'bin', 'nx.js')
const results = []
const say = (line) => process.stdout.write(`${line}\n`)

/** Runs one step; `work` returns its counts. A Problem counts as one failure, and the later steps still run. */
async function step(name, work) {
  say(`\n── ${name}`)
  const startedAt = Date.now()
  let counts = { passed: 0, failed: 0, skipped: 0, failures: [] }
  try {
    counts = { ...counts, ...(await work()) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    say(error.message)
    counts.failed = 1
  }
  results.push({ name, ...counts, seconds: (Date.now() - startedAt) / 1000 })
  return counts.failed === 0
}

const programs =
  (...commands) =>
  async () => {
    const node = chooseNode()
    let failed = 0
    for (const args of commands) {
      if ((await runLoudly({ file: node, args, env: toolEnvironment(node) })) !== 0) failed += 1
    }
    return { failed }
  }

const inPackage = (target, name) => async () => {
  const node = chooseNode()
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-report-'))
  const report = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const code = await runLoudly({
      file: node,
      args: [NX, 'run', `${name}:${target}`, '--output-style=stream', '--parallel=1', '--', ...reporters],
      env: { ...toolEnvironment(node), GATEHOUSE_TEST_SIZE: size },
    })
    return { ...countTests(report, code), failures: failuresIn(report) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function packagesWith(target) {
  const read = (path) => JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'))
  return read('.')
    .workspaces.map(read)
    .filter((manifest) => target in (manifest.scripts ?? {}))
}

function conclude() {
  say(`\n── What ran, at size ${size}`)
  for (const { name, passed, failed, skipped, seconds, failures } of results) {
    const tests =
      passed + failed + skipped === 0 ? '' : `  ${passed} passed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    // At the end of the output, where a log that is cut short still has it.
    for (const failure of failures) say(`failed    ${failure}`)
    say(`${failed === 0 ? 'ok    ' : 'FAILED'} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${name}${tests}`)
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')]
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  mkdirSync(SCRATCH, { recursive: true })
  writeFileSync(join(SCRATCH, 'test-summary'), `${line}\n`)
  say(line)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}

await runScript(async () => {
  endOnSignal()
  const isBuilt = await step('install and build', () =>
    alone(async () => {
      await ensureInstalled(say)
      await ensureBrowserLibraries(say)
      await ensureBuilt(say)
    }, say),
  )
  if (isBuilt) {
    // Two at once.
    const checks = ['typecheck', 'format', 'lint', 'arch', 'unused', 'rules', 'layout'].join(',')
    await step('checks', programs([NX, 'run-many', '-t', checks, '--parallel=2', '--output-style=static']))
    for (const target of ['test', 'e2e']) {
      for (const { name } of packagesWith(target)) await step(`${target} ${name}`, inPackage(target, name))
    }
  }
  conclude()
})
