import type { NextFunction, Request, Response } from 'express'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.json', '.svg', '.txt'])
const encoders = {
  br: (bytes: Buffer) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 9 }),
} as const
type Encoding = keyof typeof encoders

interface DashboardFile {
  readonly bytes: Buffer
  readonly type: string
  readonly etag: string
  /** Its name contains a hash of its content, so it never changes. */
  readonly isImmutable: boolean
  readonly isCompressible: boolean
  readonly encoded: Map<Encoding, Promise<Buffer>>
}

/** Paths of the API, which are never answered with the page. */
const RESERVED = /^\/(?:v1|metrics|livez|readyz|docs|openapi\.json|assets)(?:\/|$)/i

/**
 * The dashboard, held in memory: its files at their paths, and the page at every other path that a browser may open
 * from a link. Without a built dashboard it says how to build one.
 */
export class DashboardFiles {
  readonly #files = new Map<string, DashboardFile>()

  constructor(folder: string) {
    for (const path of listFiles(folder)) {
      const bytes = readFileSync(path)
      const extension = extname(path)
      this.#files.set(`/${relative(folder, path).split(sep).join('/')}`, {
        bytes,
        type: types[extension] ?? 'application/octet-stream',
        etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
        isImmutable: /[/\\]assets[/\\]/.test(path),
        isCompressible: COMPRESSIBLE.has(extension),
        encoded: new Map(),
      })
    }
  }

  /** Answers GET and HEAD of files and pages; passes everything else on. */
  readonly middleware = (request: Request, response: Response, next: NextFunction): void => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next()
    const file = this.#files.get(request.path) ?? this.#page(request)
    if (file === undefined) return next()
    void send(request, response, file)
  }

  #page(request: Request): DashboardFile | undefined {
    if (RESERVED.test(request.path) || !wantsPage(request)) return undefined
    return this.#files.get('/index.html') ?? unbuilt
  }
}

/** A browser that follows a link asks for HTML; a program with a mistyped path should get the 404. */
function wantsPage(request: Request): boolean {
  return request.path === '/' || (request.headers.accept ?? '').includes('text/html')
}

const unbuilt: DashboardFile = {
  bytes: Buffer.from(
    '<!doctype html><title>Gatehouse</title><p>The dashboard is not built. Run npm run build, then restart.</p>',
  ),
  type: 'text/html; charset=utf-8',
  etag: '"unbuilt"',
  isImmutable: false,
  isCompressible: false,
  encoded: new Map(),
}

async function send(request: Request, response: Response, file: DashboardFile): Promise<void> {
  response.setHeader('Content-Type', file.type)
  response.setHeader('ETag', file.etag)
  response.setHeader('Vary', 'Accept-Encoding')
  response.setHeader('Cache-Control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (request.headers['if-none-match'] === file.etag) {
    response.status(304).end()
    return
  }
  const encoding = file.isCompressible ? encodingFor(request.headers['accept-encoding']) : undefined
  const bytes = encoding === undefined ? file.bytes : await encode(file, encoding)
  if (response.destroyed) return
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding)
  response.setHeader('Content-Length', bytes.length)
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function encodingFor(accepted: string | string[] | undefined): Encoding | undefined {
  const names = String(accepted ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
  if (names.includes('br')) return 'br'
  return names.some((name) => name === 'gzip' || name.startsWith('gzip;')) ? 'gzip' : undefined
}

function encode(file: DashboardFile, encoding: Encoding): Promise<Buffer> {
  let encoded = file.encoded.get(encoding)
  if (encoded === undefined) {
    encoded = encoders[encoding](file.bytes)
    file.encoded.set(encoding, encoded)
  }
  return encoded
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
