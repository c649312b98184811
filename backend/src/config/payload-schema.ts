import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { PayloadCheck } from '../realtime/room-types/payload-fault.js'

/** A path consists of the payload's own keys, and those can be as long as the payload. */
const LONGEST_PATH = 255

/**
 * Compiles a JSON Schema (draft 2020-12). Refuses a schema with parts that cannot be checked: an unknown keyword or
 * format, or a reference to another document.
 *
 * @throws Error that says what is wrong with the schema
 */
export function compilePayloadSchema(schema: object): PayloadCheck {
  // One instance for each schema, because two schemas may have the same `$id` or anchors.
  const ajv = new Ajv2020({
    strict: true,
    // Strict mode refuses these two, but they are not mistakes.
    allowUnionTypes: true,
    strictRequired: false,
    // Only properties that were sent count, not those that every JavaScript object inherits.
    ownProperties: true,
    logger: false,
  })
  formats.default(ajv)
  const validate = ajv.compile(schema)
  if ('$async' in validate) throw new Error('an asynchronous schema cannot be checked while a message waits')
  return (payload) => {
    // A schema describes JSON, and bytes would match its type `object`.
    if (payload instanceof Uint8Array) return { path: '', message: 'must be JSON, not bytes' }
    if (validate(payload)) return undefined
    const [fault] = validate.errors ?? []
    return { path: (fault?.instancePath ?? '').slice(0, LONGEST_PATH), message: fault?.message ?? 'does not fit' }
  }
}
