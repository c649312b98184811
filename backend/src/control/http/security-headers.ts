import type { ServerResponse } from 'node:http'

/**
 * What every page of the control port may load and do: only its own files, no inline code, no framing. Strings become
 * markup only through the dashboard's own Trusted Types policy.
 */
function contentSecurityPolicy(host: string, isHttps: boolean): string {
  const live = /^[A-Za-z0-9.:[\]-]+$/.test(host) ? ` ${isHttps ? 'wss' : 'ws'}://${host}` : ''
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${live}`,
    "font-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types svelte-trusted-html',
  ].join('; ')
}

/** One year, during which the browser uses only https. */
const STRICT_TRANSPORT = 'max-age=31536000'

/** Puts the security headers on a response of the control port, whatever it answers. */
export function setSecurityHeaders(response: ServerResponse, host: string, isHttps: boolean): void {
  response.setHeader('Content-Security-Policy', contentSecurityPolicy(host, isHttps))
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Referrer-Policy', 'no-referrer')
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  response.setHeader('X-Frame-Options', 'DENY')
  if (isHttps) response.setHeader('Strict-Transport-Security', STRICT_TRANSPORT)
}
