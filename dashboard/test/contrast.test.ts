import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const script = resolve(import.meta.dirname, '../scripts/check-contrast.mjs')

describe('the tokens', () => {
  it('keep WCAG AA in both themes for every pair the design promises', () => {
    const output = execFileSync(process.execPath, [script], { encoding: 'utf8' })
    expect(output).toMatch(/pairs in each of two themes, 0 too low/)
  })

  it('hold the same light values for the chosen and for the system theme', () => {
    const css = readFileSync(resolve(import.meta.dirname, '../src/styles/tokens.css'), 'utf8')
    const values = (block: string): string[] => [...block.matchAll(/--[\w-]+: [^;]+;/g)].map((match) => match[0])
    const chosen = css.match(/\n\[data-theme=['"]light['"]\] \{([^}]*)\}/)?.[1] ?? ''
    const system = css.match(/:root:not\(\[data-theme\]\) \{([^}]*)\}/)?.[1] ?? ''
    expect(values(chosen).length).toBeGreaterThan(50)
    expect(values(system)).toEqual(values(chosen))
  })
})
