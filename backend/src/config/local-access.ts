import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keptSecret } from './secrets.js'

/** How a command on the node's own machine reaches the node. */
export interface LocalAccess {
  readonly controlUrl: string
  /** A secret: an admin key of this DATA_DIR. */
  readonly key: string
}

/** The admin key of local commands, stored with mode 0600 and created at its first use. */
export function localKeyOf(dataDir: string): string {
  return keptSecret(dataDir, 'local-admin-key')
}

/** Records the control port's address for commands, since the port may be picked at the start. */
export function noteControlUrl(dataDir: string, controlUrl: string): void {
  const file = fileIn(dataDir)
  writeFileSync(`${file}.new`, `${controlUrl}\n`, { mode: 0o644 })
  renameSync(`${file}.new`, file)
}

/** Call this when the node no longer listens. */
export function forgetControlUrl(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true })
}

/** The running node of `dataDir`; undefined if none has recorded its address. */
export function localAccessOf(dataDir: string): LocalAccess | undefined {
  const controlUrl = notedControlUrl(dataDir)
  return controlUrl === undefined ? undefined : { controlUrl, key: localKeyOf(dataDir) }
}

/** The control port's last recorded address; undefined if no node has started or the last one stopped in order. */
export function notedControlUrl(dataDir: string): string | undefined {
  try {
    return readFileSync(fileIn(dataDir), 'utf8').trim()
  } catch {
    return undefined
  }
}

const fileIn = (dataDir: string): string => join(dataDir, 'control-url')
