import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const SOURCE = fileURLToPath(new URL('peers/gorilla/', import.meta.url))
/** Built for every bench; Go's cache keeps that short. */
export const GORILLA_FILE = fileURLToPath(new URL('../results/bin/gorilla', import.meta.url))
const BUILD_MS = 180_000

/** Builds the only peer that needs more than Node. Returns why it cannot be measured here, or undefined when it can. */
export async function buildGorilla(signal: AbortSignal): Promise<string | undefined> {
  mkdirSync(dirname(GORILLA_FILE), { recursive: true })
  try {
    await promisify(execFile)('go', ['build', '-buildvcs=false', '-o', GORILLA_FILE, '.'], {
      cwd: SOURCE,
      env: { ...process.env, GOTOOLCHAIN: 'local' },
      signal,
      timeout: BUILD_MS,
    })
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string }
    if (code === 'ENOENT') return 'go is not installed'
    return `go build failed: ${stderr.trim().split('\n').at(-1) ?? String(error)}`
  }
}
