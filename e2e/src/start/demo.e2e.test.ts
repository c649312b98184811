import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tempFolder } from '../support/temp-folder.ts'
import { descendantsOf, eventually, start, stillAlive } from './npm-start.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

describe.runIf(process.platform === 'linux')('the demo, stopped while it starts', () => {
  let folder: ReturnType<typeof tempFolder>
  beforeEach(() => {
    folder = tempFolder('demo')
  })
  afterEach(() => folder.remove())

  it.each([
    ['node', 1],
    ['PostgreSQL', 2],
  ])('ends its half-started %s and removes all its data', async (_, processes) => {
    const demo = start(process.execPath, ['demo/src/main.ts'], repository, { TMPDIR: folder.path })
    const children = await eventually(() => {
      const pids = descendantsOf(demo.pid)
      return pids.length >= processes && readdirSync(folder.path).length > 0 ? pids : undefined
    }, demo.output)
    const pids = [demo.pid, ...children]
    process.kill(demo.pid, 'SIGTERM')
    expect([await demo.ended, demo.output()]).toEqual([0, ''])
    expect(stillAlive(pids)).toEqual([])
    expect(readdirSync(folder.path)).toEqual([])
  })
})
