import type { IncomingMessage } from 'node:http'
import type { Caller } from '../access/caller.js'

/** What the control plane knows of a request besides its body. */
export interface RequestContext {
  /** Part of the answer, the log and the audit row. */
  readonly requestId: string
  /** The client's address, as declared proxies forward it. */
  readonly address: string
  /** Whether the client's own connection, to us or to the first proxy, is encrypted. */
  readonly isHttps: boolean
  /** Set by the access guard; null until then. */
  caller: Caller | null
}

const contexts = new WeakMap<IncomingMessage, RequestContext>()

/** Keeps the context of a request for as long as the request lives. */
export function setContext(request: IncomingMessage, context: RequestContext): void {
  contexts.set(request, context)
}

/** The context of a request that came through the control port's first middleware. */
export function contextOf(request: IncomingMessage): RequestContext {
  const context = contexts.get(request)
  if (context === undefined) throw new Error('The request did not pass the control port’s first middleware.')
  return context
}

/** The context, or undefined where the request never got that far. */
export function findContext(request: IncomingMessage): RequestContext | undefined {
  return contexts.get(request)
}

/** The caller, on a route that only callers may use. */
export function callerOf(request: IncomingMessage): Caller {
  const { caller } = contextOf(request)
  if (caller === null) throw new Error('The route is open to everybody and must not ask who calls.')
  return caller
}
