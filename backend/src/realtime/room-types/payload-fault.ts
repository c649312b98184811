/** The first place where a payload does not fit its room's schema. */
export interface PayloadFault {
  /** JSON pointer into the payload, empty for the whole of it; holds keys, never values. */
  readonly path: string
  /** What the schema requires there, such as `must be string`; never what was found instead. */
  readonly message: string
}

/** Finds the first fault of a payload, or undefined where it fits. */
export type PayloadCheck = (payload: unknown) => PayloadFault | undefined

const BYTES = new Uint8Array()

/** Finds the first fault of what is about to be published; a type with a schema accepts no bytes at all. */
export function payloadFaultOf(
  { payloadFault }: { readonly payloadFault: PayloadCheck | null },
  { data, data64 }: { readonly data?: unknown; readonly data64?: string | undefined },
): PayloadFault | undefined {
  return payloadFault?.(data64 === undefined ? data : BYTES)
}

/** A payload's fault in words that follow `the payload does not fit`. */
export function payloadFaultInWords({ path, message }: PayloadFault): string {
  return path === '' ? `: ${message}` : ` at ${path}: ${message}`
}
