import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDataDir } from './data-dir.js'
import { keptNodeId, keptSecret } from './secrets.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-dir-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('lockDataDir', () => {
  it('creates the folder, and locks it for one holder until released', () => {
    const dataDir = join(folder, 'new', 'data')
    const lock = lockDataDir(dataDir)
    expect(() => lockDataDir(dataDir)).toThrow(`DATA_DIR ${dataDir} is in use by process ${process.pid}.`)
    lock.release()
    lock.release()
    lockDataDir(dataDir).release()
    expect(existsSync(join(dataDir, 'node.pid'))).toBe(false)
  })

  it('names the live process that holds the folder, and takes over once it has ended', async () => {
    const holder = spawn('sleep', ['60'])
    writeFileSync(join(folder, 'node.pid'), JSON.stringify({ pid: holder.pid, mark: '' }))
    expect(() => lockDataDir(folder)).toThrow(`in use by process ${holder.pid}`)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    lockDataDir(folder).release()
  })

  it.each([
    ['of an earlier process with the same pid', () => ({ pid: process.pid, mark: 'before:1' })],
    ['cut short by a crash', () => undefined],
  ])('takes over a lock %s', (_, holder) => {
    writeFileSync(join(folder, 'node.pid'), JSON.stringify(holder()) ?? '{"pi')
    const lock = lockDataDir(folder)
    expect(JSON.parse(readFileSync(join(folder, 'node.pid'), 'utf8'))).toMatchObject({ pid: process.pid })
    lock.release()
  })

  it('says in one line that the folder cannot be written', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(() => lockDataDir(join(folder, 'file', 'data'))).toThrow(
      /^DATA_DIR [^\n]* cannot be written \(ENOTDIR\)[^\n]*$/,
    )
  })
})

describe('keptSecret', () => {
  it('is created once, has 256 bits, and is readable by its owner only', () => {
    const secret = keptSecret(folder, 'jwt')
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
    expect(keptSecret(folder, 'jwt')).toBe(secret)
    expect(keptSecret(folder, 'cookie')).not.toBe(secret)
    expect(statSync(join(folder, 'secrets', 'jwt')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
  })

  it('gets its restrictive mode back if somebody has loosened it', () => {
    const secret = keptSecret(folder, 'jwt')
    chmodSync(join(folder, 'secrets', 'jwt'), 0o644)
    expect(keptSecret(folder, 'jwt')).toBe(secret)
    expect(statSync(join(folder, 'secrets', 'jwt')).mode & 0o777).toBe(0o600)
  })

  it('is never replaced silently if its file is damaged', () => {
    keptSecret(folder, 'jwt')
    writeFileSync(join(folder, 'secrets', 'jwt'), 'x')
    expect(() => keptSecret(folder, 'jwt')).toThrow(/secrets\/jwt is damaged/)
  })
})

describe('keptNodeId', () => {
  it('comes from the environment, else is the same at every start', () => {
    expect(keptNodeId(folder, 'eu-1')).toBe('eu-1')
    const id = keptNodeId(folder, undefined)
    expect(id).toMatch(/^node-[0-9a-f]{8}$/)
    expect(keptNodeId(folder, undefined)).toBe(id)
  })

  it.runIf(process.platform === 'linux')('is refused where nobody can create a folder', () => {
    expect(() => lockDataDir('/proc/gatehouse/data')).toThrow(/DATA_DIR \/proc\/gatehouse\/data cannot be written/)
  })
})
