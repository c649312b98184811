import type { Problem } from '@gatehouse/protocol/rest'
import { MetricsText } from './metrics-text.ts'

type Query = Readonly<Record<string, string | number | undefined>>

/** An answer of the REST API that is not a success. */
export class RestError extends Error {
  override readonly name = 'RestError'
  readonly status: number
  readonly problem: Partial<Problem>

  constructor(request: string, status: number, problem: Partial<Problem>) {
    super(`${request} answered ${status} ${problem.code ?? ''}: ${problem.detail ?? problem.title ?? '(no problem)'}`)
    this.status = status
    this.problem = problem
  }
}

/** The control port as a service with an API key uses it. */
export class Rest {
  readonly #origin: string
  readonly #key: string | undefined

  constructor(origin: string, key?: string) {
    this.#origin = origin.replace(/\/$/, '')
    this.#key = key
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined)
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
    return this.#json<T>('GET', search === '' ? path : `${path}?${search}`)
  }

  post<T>(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<T> {
    return this.#json<T>('POST', path, body, headers)
  }

  patch<T>(path: string, body: object): Promise<T> {
    return this.#json<T>('PATCH', path, body)
  }

  delete<T>(path: string): Promise<T> {
    return this.#json<T>('DELETE', path, {})
  }

  async metrics(): Promise<MetricsText> {
    const response = await this.fetch('/metrics')
    if (!response.ok) throw new RestError('GET /metrics', response.status, {})
    return new MetricsText(await response.text())
  }

  /** The bare answer, whatever its status. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.#key !== undefined) headers.set('authorization', `Bearer ${this.#key}`)
    return fetch(this.#origin + path, { ...init, headers })
  }

  async #json<T>(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<T> {
    const forBody = { 'content-type': 'application/json', 'x-gatehouse-request': '1' }
    const init: RequestInit =
      body === undefined
        ? { method, headers }
        : { method, headers: { ...headers, ...forBody }, body: JSON.stringify(body) }
    const response = await this.fetch(path, init)
    const text = await response.text()
    if (!response.ok) throw new RestError(`${method} ${path}`, response.status, parsed(text))
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
}

function parsed(text: string): Partial<Problem> {
  try {
    return JSON.parse(text) as Partial<Problem>
  } catch {
    return { detail: text.slice(0, 200) }
  }
}
