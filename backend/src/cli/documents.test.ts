import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { generatedDocuments } from './documents.js'

it('README and docs/metrics.md match the code; npm run documents updates them', () => {
  for (const [path, text] of generatedDocuments()) {
    const written = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
    expect(written === text, `${path} differs from the code: run npm run documents`).toBe(true)
  }
})
