import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { closeReasonNames, closeReasons } from './close-reasons.js'
import { dropCauses, leftReasons, recoveryFailures, replyErrorCodes, subprotocols } from './codes.js'
import { refusalReasonNames, refusalReasons } from './refusal-reasons.js'

const text = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8')
const rule = (id: string): string => text.split('\n').find((line) => line.startsWith(`- **${id}**`)) ?? ''

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

  it('[O-6] gives every refusal the status it is answered with, and whether waiting helps', () => {
    for (const name of refusalReasonNames) {
      const rows = text.split('\n').filter((line) => line.startsWith('|') && line.includes(`\`${name}\``))
      const { status, retryable } = refusalReasons[name]
      const end = retryable ? '| yes |' : '| no |'
      expect(
        rows.some((row) => row.includes(String(status ?? 'none')) && row.endsWith(end)),
        name,
      ).toBe(true)
    }
  })

  it('names why a membership ends, why a delivery is dropped, and what the rules of both sides rest on', () => {
    for (const name of [...leftReasons, ...dropCauses, ...recoveryFailures]) expect(text, name).toContain(`\`${name}\``)
    expect(rule('O-2')).toContain('`?token=')
    expect(rule('O-6')).toContain('`refusal`')
    for (const name of subprotocols) expect(rule('O-3')).toContain(`\`${name}\``)
    expect(rule('F-8')).toContain('`data64`')
    expect(rule('I-4')).toContain('first frame')
    expect(rule('M-7')).toContain('`epoch_changed`')
    expect(rule('M-8')).toContain('`latest`')
    expect(rule('B-2')).toContain('`latest`')
    expect(text).toContain('`{members: [{user, connections, info?}], count, users}`')
  })

  it('gives each rule one id', () => {
    const ids = [...text.matchAll(/^- \*\*([A-Z]-\d+)\*\*/gm)].map((m) => m[1])
    expect(ids.length).toBeGreaterThan(40)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
