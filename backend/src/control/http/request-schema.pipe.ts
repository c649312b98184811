import { StandardSchemaValidationPipe } from '@nestjs/common'
import { badRequest } from './problem.js'

/** Checks a request against the schemas that its route declares; the problem names every field at fault. */
export class RequestSchemaPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({
      exceptionFactory: (issues) => {
        const errors = issues.slice(0, 50).map(({ path, message }) => ({
          path: (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
          message,
        }))
        const named = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
        return badRequest(`The request is not valid: ${named.slice(0, 3).join('; ')}.`, errors)
      },
    })
  }
}
