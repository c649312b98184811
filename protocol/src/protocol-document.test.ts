import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { closeReasonNames, closeReasons } from './close-reasons.js'
import { replyErrorCodes } from './codes.js'
import { refusalReasonNames } from './refusal-reasons.js'

const text = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8')

describe('PROTOCOL.md', () => {
  it('names every close reason with its code, every refusal and every reply error of the code', () => {
    for (const name of closeReasonNames) {
      const rows = text.split('\n').filter((line) => line.startsWith('|') && line.includes(`\`${name}\``))
      expect(rows.length, name).toBeGreaterThan(0)
      const code = closeReasons[name].code
      if (code !== null)
        expect(
          rows.some((row) => row.includes(String(code))),
          name,
        ).toBe(true)
    }
    for (const name of [...refusalReasonNames, ...replyErrorCodes]) expect(text, name).toContain(`\`${name}\``)
  })

  it('gives each rule one id', () => {
    const ids = [...text.matchAll(/^- \*\*([A-Z]-\d+)\*\*/gm)].map((m) => m[1])
    expect(ids.length).toBeGreaterThan(40)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
