import {
  closeReasonNames,
  closeReasons,
  refusalReasonNames,
  refusalReasons,
  replyErrorCodes,
} from '@gatehouse/protocol'
import type { OpenAPIObject } from '@nestjs/swagger'

const retryInWords: Readonly<Record<string, string>> = {
  client: 'as the client likes',
  now: 'at once',
  backoff: 'with growing waits',
  after: 'after retryAfterMs',
  on_demand: 'when next needed',
  jitter: 'after a random wait',
  refresh: 'with a fresh token',
  never: 'never',
  none: '-',
}

interface Route {
  readonly method: string
  readonly path: string
  readonly tag: string
  readonly says: string
}

/** The page at /docs: every route, every close reason and every refusal, from the same sources as the code. */
export function docsPage(document: OpenAPIObject): string {
  const routes = routesOf(document)
  const tags = [...new Set(routes.map(({ tag }) => tag))]
  const api = tags
    .map((tag) => {
      const rows = routes.filter((route) => route.tag === tag)
      return `<h3>${text(tag)}</h3>${table(
        ['method', 'path', 'answers'],
        rows.map(({ method, path, says }) => [code(method), code(path), text(says)]),
      )}`
    })
    .join('\n')
  const closes = closeReasonNames.map((reason) => {
    const { initiator, code: number, retry } = closeReasons[reason]
    return [
      code(reason),
      text(initiator),
      text(number === null ? '-' : String(number)),
      text(retryInWords[retry] ?? retry),
    ]
  })
  const refusals = refusalReasonNames.map((reason) => {
    const { status, retryable } = refusalReasons[reason]
    return [
      code(reason),
      text(status === null ? '-' : String(status)),
      text(retryable ? 'after Retry-After' : 'only if changed'),
    ]
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Gatehouse: API</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<main>
<h1>Gatehouse API</h1>
<p>The REST API of the control port. Programs send <code>Authorization: Bearer &lt;API key&gt;</code>; keys are made on the
<a href="/access">Access page</a>. Errors are <code>application/problem+json</code> with a stable <code>code</code>. Lists take
<code>filter</code>, <code>sort</code>, <code>limit</code> and <code>cursor</code>. The whole description for tools:
<a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<h2>Routes</h2>
${api}
<h2>How connections end</h2>
<p>The close frame's text is the reason and the connection's id. Clients come back on codes 1001, 1005, 1006, 1011 to 1013,
3000 to 3499 and 4000 to 4499, and on no other.</p>
${table(['reason', 'by', 'code', 'come back'], closes)}
<h2>How requests over a connection fail</h2>
<p>The connection lives on. ${replyErrorCodes.map(code).join(', ')}.</p>
<h2>How opening requests are turned away</h2>
${table(['reason', 'status', 'try again'], refusals)}
</main>
</body>
</html>
`
}

/** The page's style sheet; a file of its own because the page's policy forbids inline styles. */
export const DOCS_STYLE = `:root { color-scheme: dark light; font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem; }
th, td { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); vertical-align: top; }
th { font-weight: 600; }
code { font: 13px ui-monospace, monospace; }
`

function routesOf(document: OpenAPIObject): Route[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    (['get', 'post', 'patch', 'delete'] as const).flatMap((method) => {
      const operation = item[method]
      if (operation === undefined) return []
      const says = Object.values(operation.responses ?? {})
        .map((response) => (response !== undefined && 'description' in response ? response.description : ''))
        .find((description) => description !== '')
      return [{ method: method.toUpperCase(), path, tag: operation.tags?.[0] ?? 'other', says: says ?? '' }]
    }),
  )
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((name) => `<th scope="col">${text(name)}</th>`).join('')
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n')
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`
}

const code = (value: string): string => `<code>${text(value)}</code>`
const text = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
