/** One typed token of a list's filter: `user:alice`, `pending:>64k`, `state:open,slow`, `-client:web`. */
export interface FilterToken {
  readonly field: string
  readonly op: '=' | '>' | '<'
  /** Alternatives: any of them fits. */
  readonly values: readonly string[]
  readonly negated: boolean
}

export type ParsedFilter =
  { readonly tokens: readonly FilterToken[]; readonly fault?: undefined } | { readonly fault: string }

/**
 * Reads a filter: tokens separated by spaces, each `field:value`, `field:>value` or `field:<value`. Commas separate
 * alternative values, `-` before a token negates it, and double quotes keep spaces in a value. A bare word becomes
 * `text:word`.
 */
export function parseFilter(filter: string): ParsedFilter {
  const tokens: FilterToken[] = []
  for (const match of filter.matchAll(/(?:[^\s"]+|"[^"]*")+/g)) {
    let text = match[0]
    const negated = text.startsWith('-') && text.length > 1
    if (negated) text = text.slice(1)
    const colon = text.indexOf(':')
    const field = colon > 0 && /^[a-z][A-Za-z0-9.]*$/.test(text.slice(0, colon)) ? text.slice(0, colon) : 'text'
    let value = field === 'text' && !text.startsWith('text:') ? text : text.slice(colon + 1)
    const op = value.startsWith('>') ? '>' : value.startsWith('<') ? '<' : '='
    if (op !== '=') value = value.slice(1)
    const values = value
      .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
      .map((v) => v.replaceAll('"', ''))
      .filter((v) => v !== '')
    if (values.length === 0) return { fault: `the token ${match[0]} has no value` }
    if (op !== '=' && values.length > 1) return { fault: `the token ${match[0]} compares with more than one value` }
    tokens.push({ field, op, values, negated })
  }
  return { tokens }
}

/** Writes tokens as the text that `parseFilter` reads. */
export function formatFilter(tokens: readonly FilterToken[]): string {
  return tokens
    .map(({ field, op, values, negated }) => {
      const value = values.map((v) => (/[\s,"]/.test(v) || v === '' ? `"${v.replaceAll('"', '')}"` : v)).join(',')
      return `${negated ? '-' : ''}${field}:${op === '=' ? '' : op}${value}`
    })
    .join(' ')
}

const SIZE: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1048576,
  mb: 1048576,
  mib: 1048576,
}
const SPAN: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads `64k`, `1m`, `900` as bytes; undefined when it is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text)
  const factor = match === null ? undefined : SIZE[(match[2] ?? '').toLowerCase()]
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor
}

/** Reads `500ms`, `10s`, `15m`, `2h`, `7d` as milliseconds; undefined when it is not a span. */
export function parseSpan(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/i.exec(text)
  return match === null ? undefined : Number(match[1]) * (SPAN[(match[2] as string).toLowerCase()] as number)
}
