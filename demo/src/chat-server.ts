import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RestError } from '../../e2e/src/support/rest.ts'
import type { Scene } from './scene.ts'

const CLONE = fileURLToPath(new URL('../../', import.meta.url))
/** Where the page's files are, by the first part of the path. The client library is served as built, without a bundler. */
const FOLDERS: Readonly<Record<string, string>> = {
  page: join(CLONE, 'demo/page'),
  client: join(CLONE, 'client/dist'),
  protocol: join(CLONE, 'protocol/dist'),
  styles: join(CLONE, 'dashboard/src/styles'),
}
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}
const BODY_BYTES = 4096

/** Serves the chat page and what the control room knows about the visitors' own connections. */
export class ChatServer {
  readonly #scene: Scene
  readonly #controlUrl: string
  readonly #server: Server
  /** The names of the visitors. The page may ask about their connections and no others. */
  readonly #visitors = new Set<string>()

  constructor(scene: Scene, controlUrl: string) {
    this.#scene = scene
    this.#controlUrl = controlUrl
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  /** @returns the page's address */
  async listen(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.listen(0, '127.0.0.1', resolve)
    await promise
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost')
      if (pathname.startsWith('/api/')) this.#json(response, 200, await this.#api(request, pathname))
      else this.#file(response, pathname === '/' ? '/page/index.html' : pathname)
    } catch (error) {
      const status = error instanceof RestError ? error.status : 400
      this.#json(response, status, { error: error instanceof Error ? error.message : 'failed' })
    }
  }

  async #api(request: IncomingMessage, pathname: string): Promise<unknown> {
    const [, , what, id = ''] = pathname.split('/')
    if (what === 'record' && request.method === 'GET') return this.#record(id)
    // A foreign page can post a form here, but it cannot set this header.
    if (request.method !== 'POST' || request.headers['x-demo'] !== '1') throw new Error('not understood')
    if (what === 'visit') return this.#visit()
    if (what === 'token') return { token: this.#tokenFor(await field(request, 'name')) }
    if (what === 'kick') return this.#kick(id, await field(request, 'message'))
    throw new Error('not understood')
  }

  #visit(): object {
    const suffix = randomBytes(2).toString('hex')
    const names = [`you.${suffix}`, `friend.${suffix}`]
    for (const name of names) this.#visitors.add(name)
    return { names, gatewayUrl: this.#scene.gatewayUrl, controlUrl: this.#controlUrl, room: 'chat:lobby' }
  }

  #tokenFor(name: string): string {
    if (!this.#visitors.has(name)) throw new Error('this page has no such visitor')
    return this.#scene.token(name)
  }

  async #record(id: string): Promise<object> {
    const open = await this.#find(`/v1/connections/${encodeURIComponent(id)}`)
    const closed = open === undefined ? await this.#find(`/v1/closed/${encodeURIComponent(id)}`) : undefined
    return { open, closed }
  }

  async #kick(id: string, message: string): Promise<unknown> {
    if ((await this.#find(`/v1/connections/${encodeURIComponent(id)}`)) === undefined) throw new Error('not connected')
    const order = { reason: 'kicked', message: message.slice(0, 200) || 'you asked for it', note: 'from the demo page' }
    return this.#scene.rest.post(`/v1/connections/${encodeURIComponent(id)}/disconnect`, order)
  }

  async #find(path: string): Promise<object | undefined> {
    try {
      const found = await this.#scene.rest.get<{ readonly user: string | null }>(path)
      return this.#visitors.has(found.user ?? '') ? found : undefined
    } catch (error) {
      if (error instanceof RestError && error.status === 404) return undefined
      throw error
    }
  }

  #file(response: ServerResponse, pathname: string): void {
    const [, folder = '', ...rest] = normalize(pathname).split('/')
    const root = FOLDERS[folder]
    const file = root === undefined ? undefined : join(root, ...rest)
    const type = TYPES[extname(file ?? '')]
    if (file === undefined || type === undefined || rest.includes('..') || !existsSync(file)) {
      this.#json(response, 404, { error: 'not found' })
      return
    }
    const text = readFileSync(file, 'utf8').replaceAll(`'@gatehouse/protocol'`, `'/protocol/index.js'`)
    response.writeHead(200, { 'content-type': type, ...this.#security() }).end(text)
  }

  #json(response: ServerResponse, status: number, value: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json', ...this.#security() }).end(JSON.stringify(value))
  }

  #security(): Record<string, string> {
    const gateway = new URL(this.#scene.gatewayUrl).host
    const policy = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws://${gateway} http://${gateway}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
    return { 'content-security-policy': policy, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }
  }
}

/** A text field of the request's JSON body, or an empty string. */
async function field(request: IncomingMessage, name: string): Promise<string> {
  let text = ''
  for await (const chunk of request) {
    text += (chunk as Buffer).toString()
    if (text.length > BODY_BYTES) throw new Error('too long')
  }
  const value = (JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : ''
}
