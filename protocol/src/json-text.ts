import { limits } from './limits.js'

const QUOTE = 34
const BACKSLASH = 92

/**
 * What makes a JSON text unacceptable before it is parsed, or undefined: nesting beyond 32, a `__proto__` key, an
 * integer beyond 2^53, a number beyond a double. It scans the text itself, so that nesting sent by a stranger never
 * causes recursion. One pass; each character is looked at a few times at most.
 */
export function faultInJson(text: string): string | undefined {
  let depth = 0
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i)
    if (c === QUOTE) {
      const start = i + 1
      let escaped = false
      for (i = start; i < text.length; i += 1) {
        const inside = text.charCodeAt(i)
        if (inside === BACKSLASH) {
          escaped = true
          i += 1
        } else if (inside === QUOTE) break
      }
      if ((escaped || i - start === 9) && isPrototypeKey(text, start, i, escaped))
        return '__proto__ is refused as a key'
    } else if (c === 123 || c === 91) {
      depth += 1
      if (depth > limits.jsonDepth) return `nesting deeper than ${limits.jsonDepth} is refused`
    } else if (c === 125 || c === 93) {
      depth -= 1
    } else if (c >= 48 && c <= 57) {
      const end = endOfNumber(text, i)
      // Up to fifteen characters without an exponent are always a safe integer.
      if (end - i >= 16 || hasExponent(text, i, end)) {
        const value = Number(text.slice(i, end))
        if (!Number.isFinite(value)) return 'a number beyond 1.8e308 is refused'
        if (Number.isInteger(value) && !Number.isSafeInteger(value)) return 'an integer beyond 2^53 is refused'
      }
      i = end - 1
    }
  }
  return undefined
}

/** The end of the characters a number may consist of. Whether they are a number is checked when the text is parsed. */
function endOfNumber(text: string, from: number): number {
  let at = from
  for (; at < text.length; at += 1) {
    const c = text.charCodeAt(at)
    const isPart = (c >= 48 && c <= 57) || c === 46 || c === 69 || c === 101 || c === 43 || c === 45
    if (!isPart) break
  }
  return at
}

function hasExponent(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if ((text.charCodeAt(at) | 32) === 101) return true
  return false
}

function isPrototypeKey(text: string, start: number, end: number, escaped: boolean): boolean {
  if (!escaped) return text.startsWith('__proto__', start) && isKey(text, end)
  if (end - start > 54) return false
  try {
    return JSON.parse(text.slice(start - 1, end + 1)) === '__proto__' && isKey(text, end)
  } catch {
    return false
  }
}

function isKey(text: string, quote: number): boolean {
  let at = quote + 1
  while (at < text.length && text.charCodeAt(at) <= 32) at += 1
  return text.charCodeAt(at) === 58
}
