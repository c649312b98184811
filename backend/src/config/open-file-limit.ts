import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The limit of most systems, used if it cannot be read. */
const USUAL_LIMIT = 1_024

/** How many files and sockets this process may open. Node has already raised its soft limit to the hard one. */
export function readOpenFileLimit(): number {
  const found = process.platform === 'linux' ? fromProc() : fromShell()
  return found !== undefined && Number.isSafeInteger(found) && found > 0 ? found : USUAL_LIMIT
}

function fromProc(): number | undefined {
  try {
    const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return line?.[1] === 'unlimited' ? 2 ** 20 : Number(line?.[1])
  } catch {
    return undefined
  }
}

function fromShell(): number | undefined {
  try {
    const said = execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
    return said === 'unlimited' ? 2 ** 20 : Number(said)
  } catch {
    return undefined
  }
}
