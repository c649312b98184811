import type { ReplyError } from '@gatehouse/protocol'

/** All that a client is told of our own failures. */
export const INTERNAL: ReplyError = { code: 'internal', message: 'the gateway failed; its log has the connection id' }

/** Where the edge logs its own faults. Never given a frame, a token or an error's message, which may quote one. */
export abstract class EdgeLog {
  /** A handler or a guard failed. `fault` is the error's class, `at` the place in our code. */
  abstract handlerFailed(facts: {
    readonly connection: string | null
    /** The frame's event, or `opening`. */
    readonly event: string
    readonly fault: string
    readonly at: string
  }): void
}

/** The class of an error and where it was thrown. Nothing else of it is safe to log. */
export function faultOf(error: unknown): { readonly fault: string; readonly at: string } {
  if (!(error instanceof Error)) return { fault: typeof error, at: 'unknown' }
  const place = error.stack?.split('\n').find((line) => /^ {4}at /.test(line))
  return { fault: error.constructor.name, at: place?.trim().slice(3, 203) ?? 'unknown' }
}
