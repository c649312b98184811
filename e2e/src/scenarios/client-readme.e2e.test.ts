import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NodeProcess } from '../support/node-process.ts'
import { tempFolder } from '../support/temp-folder.ts'

const run = promisify(execFile)
const readme = readFileSync(new URL('../../../client/README.md', import.meta.url), 'utf8')
/** The examples run here, where they find the packages of this clone. */
const folder = fileURLToPath(new URL('../../', import.meta.url))
const WITHIN_MS = 20_000

/** Fences marked `run`, under their headings, each with the output that the next fence shows. */
const examples = [...readme.matchAll(/^```(?:js|ts) run\n(.*?)^```\n+```text\n(.*?)^```/gms)].map((match) => ({
  heading:
    readme
      .slice(0, match.index)
      .match(/^## .*/gm)
      ?.at(-1)
      ?.slice(3) ?? '',
  code: match[1] ?? '',
  output: match[2] ?? '',
}))

describe("the examples of the client's README", () => {
  const config = tempFolder('readme')
  let node: NodeProcess
  beforeAll(async () => {
    const roomTypes = [
      { pattern: 'chat:*', kind: 'recoverable', history: { count: 100, ageMs: 60_000 } },
      { pattern: '**', kind: 'ephemeral' },
    ]
    const file = join(config.path, 'gatehouse.json')
    writeFileSync(file, JSON.stringify({ roomTypes }))
    node = await NodeProcess.start({ env: { GATEHOUSE_CONFIG: file } })
  })
  afterAll(async () => {
    await node?.dispose()
    config.remove()
  })

  it('are all marked to be run', () => {
    expect(examples.length).toBeGreaterThanOrEqual(7)
    expect(readme.match(/^```(js|ts)/gm)).toHaveLength(examples.length)
  })

  it.each(examples)('print the output shown below them: $heading', async ({ code, output }) => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      GATEWAY_URL: node.gatewayUrl,
      CONTROL_URL: node.controlUrl,
      API_KEY: node.adminKey,
      TOKEN: node.token({ sub: 'alice', rooms: { 'chat:*': ['join', 'publish', 'presence', 'history'] } }),
    }
    const flags = ['--input-type=module-typescript', '--disable-warning=ExperimentalWarning', '--eval', code]
    const { stdout, stderr } = await run(process.execPath, flags, { cwd: folder, env, timeout: WITHIN_MS })
    expect([stdout, stderr]).toEqual([output, ''])
  })
})
