/** Replaces NUL and half surrogate pairs with U+FFFD: clients may send them, and PostgreSQL cannot store them. */
export function storableText(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed()
}

/** JSON text that PostgreSQL accepts, also as jsonb. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value)
  // A cheap check first: JSON writes NUL as \u0000 and half pairs as \udXXX. Harmless text may also contain these.
  if (!text.includes('\\u0000') && !text.includes('\\ud')) return text
  return JSON.stringify(clean(value))
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value)
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), clean(inner)]))
}
