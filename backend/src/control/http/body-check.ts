import { faultInJson } from '@gatehouse/protocol'
import { badRequest, ProblemError } from './problem.js'

/**
 * Looks at the raw text of a body before it is parsed, so that nothing here ever walks what a stranger nested.
 *
 * @throws ProblemError 415 where the body is not UTF-8 (it would be parsed as another text than the one checked), 400
 *   where its JSON nests too deeply, names a prototype or has a number that cannot be kept
 */
export function checkBody(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (!/^utf-?8$/i.test(encoding)) {
    throw new ProblemError(415, 'unsupported_media_type', `The body is ${encoding}; send its JSON as UTF-8.`)
  }
  const fault = faultInJson(body.toString('utf8'))
  if (fault !== undefined) throw badRequest(`The body cannot be taken: ${fault}.`, [{ path: '', message: fault }])
}
