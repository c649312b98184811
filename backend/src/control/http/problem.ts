/** A field of the request that is at fault; `path` is dotted, empty for the whole body. */
export interface FieldFault {
  readonly path: string
  readonly message: string
}

/** What a problem may contain beyond status, code and detail. */
export interface ProblemExtras {
  readonly errors?: readonly FieldFault[]
  /** Also sent as `Retry-After`. */
  readonly retryAfterMs?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A request that failed, as the REST API reports it: status, a stable code, what happened and what to do about it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'

  constructor(
    readonly status: number,
    /** A stable code for programs. */
    readonly code: string,
    /** What happened, which value, and what to do. */
    readonly detail: string,
    readonly extras: ProblemExtras = {},
  ) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause })
  }
}

/** 400 with the fields at fault. */
export function badRequest(detail: string, errors: readonly FieldFault[] = []): ProblemError {
  return new ProblemError(400, 'bad_request', detail, { errors })
}

/** 404 for an object that is not there. */
export function notFound(detail: string): ProblemError {
  return new ProblemError(404, 'not_found', detail)
}

/** 403 for something the caller may not do. */
export function forbidden(detail: string): ProblemError {
  return new ProblemError(403, 'forbidden', detail)
}

/** 409 for a request that expects another state than the present one. */
export function conflict(code: string, detail: string): ProblemError {
  return new ProblemError(409, code, detail)
}
