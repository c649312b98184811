import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../artifacts/', import.meta.url))

/** Where a run leaves something to look at; git ignores it, and the next run overwrites it. */
export function artifact(name: string): string {
  mkdirSync(folder, { recursive: true })
  return folder + name
}
