import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { PayloadCheck } from '../realtime/room-types/payload-fault.js'

/** A path consists of the payload's own keys, and those can be as long as the payload. */
const LONGEST_PATH = 255

/**
 * Compiles a JSON Schema (draft 2020-12). What a schema says and this cannot check is a fault of the schema: an unknown
 * keyword or format, a reference to elsewhere.
 *
 * @throws Error that says what is wrong with the schema
 */
export function compilePayloadSchema(schema: object): PayloadCheck {
  // One for each schema: two of them may bear the same `$id` or anchors.
  const ajv = new Ajv2020({
    strict: true,
    // Of what strict refuses, these two are no mistakes.
    allowUnionTypes: true,
    strictRequired: false,
    // An object has what was sent, not what JavaScript gives every object.
    ownProperties: true,
    logger: false,
  })
  formats.default(ajv)
  const validate = ajv.compile(schema)
  if ('$async' in validate) throw new Error('an asynchronous schema cannot be checked while a message waits')
  return (payload) => {
    // A schema speaks of JSON; to its `object` bytes would look like one.
    if (payload instanceof Uint8Array) return { path: '', message: 'must be JSON, not bytes' }
    if (validate(payload)) return undefined
    const [fault] = validate.errors ?? []
    return { path: (fault?.instancePath ?? '').slice(0, LONGEST_PATH), message: fault?.message ?? 'does not fit' }
  }
}
