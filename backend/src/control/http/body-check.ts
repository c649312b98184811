import { faultInJson } from '@gatehouse/protocol'
import { badRequest, ProblemError } from './problem.js'

/**
 * Checks the raw text of a body before it is parsed, so that no code ever walks a body nested too deeply.
 *
 * @throws ProblemError 415 if the body is not UTF-8 (the text parsed would differ from the text checked), 400 if its
 *   JSON nests too deeply, names a prototype or has a number that cannot be represented
 */
export function checkBody(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (!/^utf-?8$/i.test(encoding)) {
    throw new ProblemError(415, 'unsupported_media_type', `The body is ${encoding}; send its JSON as UTF-8.`)
  }
  const fault = faultInJson(body.toString('utf8'))
  if (fault !== undefined) throw badRequest(`The body cannot be accepted: ${fault}.`, [{ path: '', message: fault }])
}
