// Reads tokens.css and reports every promised pair that falls under WCAG 2.2 AA: text 4.5:1, marks and outlines 3:1.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const TEXT = 4.5
const MARK = 3
const STATES = ['ready', 'draining', 'degraded', 'down', 'unknown', 'imposed']
const SURFACES = ['canvas', 'surface', 'raised', 'sunken', 'hover', 'selected']

/** The pairs [foreground, background, ratio] that every theme keeps. */
function promisedPairs(css) {
  const pairs = []
  for (const on of SURFACES) {
    for (const text of ['text-1', 'text-2', 'text-3', ...STATES]) pairs.push([text, on, TEXT])
  }
  for (const state of STATES) {
    for (const text of [state, 'text-1', 'text-2']) pairs.push([text, `${state}-bg`, TEXT])
    for (const on of ['surface', 'canvas']) pairs.push([`${state}-fill`, on, MARK])
  }
  for (const fill of ['ink', 'ink-hover', 'danger', 'danger-hover'])
    pairs.push([`on-${fill.replace('-hover', '')}`, fill, TEXT])
  for (const on of ['canvas', 'surface', 'raised', 'sunken']) pairs.push(['line-control', on, MARK], ['ink', on, MARK])
  const series = new Set([...css.matchAll(/--(series-[\w-]+): #/g)].map((match) => match[1]))
  for (const name of series) pairs.push([name, 'surface', MARK])
  return pairs
}

function luminance(hex) {
  const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  const [red, green, blue] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** The WCAG contrast ratio of two #rrggbb colours. */
export function contrast(first, second) {
  const [high, low] = [luminance(first), luminance(second)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

/** Checks both themes of a stylesheet; returns the number of pairs and a sentence for each failure. */
export function checkContrast(css) {
  const pairs = promisedPairs(css)
  const failures = []
  for (const theme of ['dark', 'light']) {
    const block = css.match(new RegExp(`\\[data-theme=['"]${theme}['"]\\] \\{([^}]*)\\}`))?.[1] ?? ''
    const tokens = Object.fromEntries(
      [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((match) => [match[1], match[2]]),
    )
    for (const [foreground, background, needed] of pairs) {
      if (!tokens[foreground] || !tokens[background]) {
        failures.push(`${theme}: ${foreground} or ${background} has no colour`)
        continue
      }
      const ratio = contrast(tokens[foreground], tokens[background])
      if (ratio < needed)
        failures.push(`${theme}: ${foreground} on ${background} is ${ratio.toFixed(2)}, needs ${needed}`)
    }
  }
  return { pairs: pairs.length, failures }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { pairs, failures } = checkContrast(readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8'))
  for (const failure of failures) console.log(failure)
  console.log(`${pairs} pairs in each of two themes, ${failures.length} too low`)
  process.exitCode = failures.length > 0 ? 1 : 0
}
