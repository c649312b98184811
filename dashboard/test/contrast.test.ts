import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const css = readFileSync(resolve(import.meta.dirname, '../src/styles/tokens.css'), 'utf8')
/** The colours of tokens.css by name: for light and for dark, or one for both. */
const colours = [...css.matchAll(/--([\w-]+): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));/g)].map(
  ([, name = '', light, dark, both]) => ({ name, light: light ?? both ?? '', dark: dark ?? both ?? '' }),
)

/** WCAG 2.2 AA: text 4.5:1, marks and outlines 3:1. */
const TEXT = 4.5
const MARK = 3
const STATES = ['ready', 'draining', 'degraded', 'down', 'unknown', 'imposed']
const SURFACES = ['canvas', 'surface', 'raised', 'sunken', 'hover', 'selected']

type Pair = readonly [foreground: string, background: string, ratio: number]
const pairs: readonly Pair[] = [
  ...SURFACES.flatMap((on) => ['text-1', 'text-2', 'text-3', ...STATES].map((text): Pair => [text, on, TEXT])),
  ...STATES.flatMap((state): Pair[] => [
    ...[state, 'text-1', 'text-2'].map((text): Pair => [text, `${state}-bg`, TEXT]),
    [`${state}-fill`, 'surface', MARK],
    [`${state}-fill`, 'canvas', MARK],
  ]),
  ...['ink', 'ink-hover', 'danger', 'danger-hover'].map((fill): Pair => [
    `on-${fill.replace('-hover', '')}`,
    fill,
    TEXT,
  ]),
  ...['canvas', 'surface', 'raised', 'sunken'].flatMap((on): Pair[] => [
    ['line-control', on, MARK],
    ['ink', on, MARK],
  ]),
  ...colours.filter(({ name }) => name.startsWith('series-')).map(({ name }): Pair => [name, 'surface', MARK]),
]

function luminance(hex: string): number {
  const channel = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255),
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(first: string, second: string): number {
  const [low = 0, high = 0] = [luminance(first), luminance(second)].sort((one, other) => one - other)
  return (high + 0.05) / (low + 0.05)
}

describe('the tokens', () => {
  it.each(['light', 'dark'] as const)('keep WCAG AA in the %s theme for every pair the design promises', (theme) => {
    const colourOf = (name: string): string => colours.find((colour) => colour.name === name)?.[theme] ?? 'none'
    const tooLow = pairs.flatMap(([foreground, background, needed]) => {
      const ratio = contrast(colourOf(foreground), colourOf(background))
      return ratio >= needed ? [] : [`${foreground} on ${background} is ${ratio.toFixed(2)}, needs ${needed}`]
    })
    expect(tooLow).toEqual([])
    expect(pairs).toHaveLength(111)
  })

  it('hold each colour once', () => {
    expect(colours.length).toBeGreaterThan(50)
    expect(new Set(colours.map(({ name }) => name)).size).toBe(colours.length)
    expect(css.match(/#[0-9a-f]{6}\b/g)).toHaveLength(
      colours.flatMap(({ light, dark }) => [...new Set([light, dark])]).length,
    )
  })
})
