/** The cookie that may hold a token, and the pages that may open with it. */
export interface TokenCookie {
  readonly name: string
  /** As browsers send them; never empty, because a browser adds cookies to the requests of any page. */
  readonly origins: readonly string[]
}

/**
 * The cookie's value, or null. It counts only when a page of a listed origin sends it: without an Origin nothing shows
 * that the user's own page did. A name that occurs twice counts as absent, because a neighbouring host may have set the
 * other one. Never throws, whatever the header holds.
 */
export function tokenInCookie(cookie: TokenCookie, header: string | null, origin: string | null): string | null {
  if (header === null || origin === null || !cookie.origins.includes(origin)) return null
  const prefix = `${cookie.name}=`
  const entries = header.split(';').map((entry) => entry.trim())
  const found = entries.filter((entry) => entry.startsWith(prefix))
  const [entry] = found
  if (entry === undefined || found.length > 1) return null
  const value = unquoted(entry.slice(prefix.length))
  return value === '' ? null : value
}

/** RFC 6265 allows quotes around a value that are not part of it. */
function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}
