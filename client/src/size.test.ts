import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { describe, expect, it } from 'vitest'

const LIMIT_BYTES = 12 * 1024

/** What a page loads for all that an entry exports: one minified file, gzip. */
async function compressedBytes(entry: string): Promise<number> {
  const built = (await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2024',
      rolldownOptions: {
        input: fileURLToPath(new URL(entry, import.meta.url)),
        preserveEntrySignatures: 'strict',
      },
    },
  })) as Rolldown.RolldownOutput
  expect(built.output).toHaveLength(1)
  return gzipSync(built.output[0].code, { level: 9 }).length
}

describe('the size of the library', () => {
  it.each(['./index.ts', './server/index.ts'])('is at most 12 KiB compressed: %s', async (entry) => {
    const bytes = await compressedBytes(entry)
    console.info(`${entry}: ${bytes} bytes, ${LIMIT_BYTES} allowed`)
    expect(bytes).toBeLessThanOrEqual(LIMIT_BYTES)
  })
})
