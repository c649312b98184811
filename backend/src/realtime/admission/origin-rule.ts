const LOOPBACK_HOST = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/

/**
 * Whether a page of `origin` may connect. Without an Origin header no browser is asking, so it passes; `null`, the
 * origin of sandboxed and local files, never does. An empty list lets loopback and same-host pages in, but not in
 * production.
 */
export function mayConnectFrom(
  origin: string | null,
  host: string | null,
  allowed: readonly string[],
  isProduction: boolean,
): boolean {
  if (origin === null) return true
  if (origin === 'null') return false
  if (allowed.length > 0) return allowed.includes(origin)
  if (isProduction) return false
  const match = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())
  const originHost = match?.[1]
  if (originHost === undefined) return false
  return LOOPBACK_HOST.test(originHost) || originHost === host?.toLowerCase()
}
