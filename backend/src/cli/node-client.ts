import type { Problem } from '@gatehouse/protocol/rest'
import { readFileSync } from 'node:fs'
import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request as secureRequest, type RequestOptions } from 'node:https'
import type { LocalAccess } from '../config/local-access.js'
import { UsageFault } from './run-command.js'

const ANSWER_TIMEOUT_MS = 15_000

/** Talks to the running node of this machine. */
export class NodeClient {
  /** @param certFile the node's own certificate, the only one to trust; null for plain http */
  constructor(
    private readonly access: LocalAccess,
    private readonly certFile: string | null,
  ) {}

  /** @throws UsageFault with the node's answer, or if it does not answer */
  async ask<T>(method: 'GET' | 'POST', path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const { status, text } = await this.#send(
      method,
      path,
      body === undefined ? undefined : JSON.stringify(body),
      headers,
    )
    const answer: unknown = text === '' ? undefined : JSON.parse(text)
    if (status >= 200 && status < 300) return answer as T
    throw new UsageFault(
      (answer as Partial<Problem> | undefined)?.detail ?? `The node answered ${status} to ${method} ${path}.`,
    )
  }

  #send(
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<{ status: number; text: string }> {
    const url = new URL(path, this.access.controlUrl)
    const options: RequestOptions & { allowPartialTrustChain?: boolean } = {
      method,
      timeout: ANSWER_TIMEOUT_MS,
      headers: {
        Authorization: `Bearer ${this.access.key}`,
        ...headers,
        ...(body === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      },
    }
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
    const answered = (response: IncomingMessage): void => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      response.on('error', reject)
    }
    const request =
      url.protocol === 'https:'
        ? secureRequest(url, { ...options, ...this.#trust() }, answered)
        : plainRequest(url, options, answered)
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', (error) =>
      reject(new UsageFault(`The node at ${url.origin} does not answer (${error.message}). Is it running?`)),
    )
    request.end(body)
    return promise
  }

  /** The certificate is pinned, so the host name in it does not matter. */
  #trust(): RequestOptions & { allowPartialTrustChain?: boolean } {
    if (this.certFile === null) return {}
    return { ca: readFileSync(this.certFile), allowPartialTrustChain: true, checkServerIdentity: () => undefined }
  }
}
