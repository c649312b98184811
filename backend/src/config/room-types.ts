import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isRoomPattern, isSystemRoom, limits } from '@gatehouse/protocol'
import { z } from 'zod'
import type { PresenceMode, RoomKind, RoomType } from '../realtime/room-types/room-type.js'
import { SESSION_LIFE_MS } from '../realtime/ports/session-life.js'
import { builtInRoomType } from '../realtime/room-types/room-type.js'
import { isOwnPattern } from '../realtime/room-types/own-room.js'
import type { PayloadCheck } from '../realtime/room-types/payload-fault.js'
import { compilePayloadSchema } from './payload-schema.js'
import { StartRefusal } from './start-refusal.js'

const count = z.int().min(1).max(1_000_000)

/** A resume never returns more messages and no session lives longer, so keeping more would be useless. */
const defaultHistory = { count: limits.recoveryMessages, bytes: 1_048_576, ageMs: SESSION_LIFE_MS }

/** A `latest` room keeps its value longer, for members who join up to a day later. */
const LATEST_AGE_MS = 86_400_000

const historySchema = z.strictObject({
  count: count.optional(),
  bytes: z.int().min(1_024).max(1_073_741_824).optional(),
  ageMs: z.int().min(1_000).max(2_147_483_647).optional(),
})

function historyOf(kind: RoomKind, asked: z.output<typeof historySchema> = {}): RoomType['history'] {
  if (kind === 'ephemeral') return null
  const usual = kind === 'latest' ? { ...defaultHistory, count: 1, ageMs: LATEST_AGE_MS } : defaultHistory
  const { count = usual.count, bytes = usual.bytes, ageMs = usual.ageMs } = asked
  return { count, bytes, ageMs }
}

function presenceOf(asked: boolean | 'pushed'): PresenceMode {
  if (asked === 'pushed') return asked
  return asked ? 'asked' : 'none'
}

const roomTypeSchema = z
  .strictObject({
    pattern: z
      .string()
      .refine(isRoomPattern, 'must be a room pattern such as "chat:*" or "news:**"')
      .refine((pattern) => !isSystemRoom(pattern), 'must not begin with "sys:", which is reserved'),
    kind: z.enum(['ephemeral', 'recoverable', 'latest']),
    history: historySchema.optional(),
    presence: z.union([z.boolean(), z.literal('pushed')]).default(true),
    own: z.boolean().default(builtInRoomType.own),
    memberLimit: count.nullable().default(builtInRoomType.memberLimit),
    publishRate: z.number().positive().max(1_000_000).nullable().default(builtInRoomType.publishRate),
    slowPolicy: z.enum(['disconnect', 'drop_oldest', 'conflate']).default(builtInRoomType.slowPolicy),
    from: z.boolean().default(builtInRoomType.from),
    schema: z
      .union([z.string().min(1), z.record(z.string(), z.unknown())], 'must be a JSON Schema or the path of its file')
      .optional(),
    receipts: z.boolean().default(builtInRoomType.receipts),
  })
  .refine((type) => type.history === undefined || type.kind !== 'ephemeral', {
    path: ['history'],
    error: 'is only for the kinds "recoverable" and "latest"',
  })
  .refine((type) => type.kind !== 'latest' || (type.history?.count ?? 1) === 1, {
    path: ['history', 'count'],
    error: 'must be 1 or left out: a room of kind "latest" keeps its newest value',
  })
  .refine((type) => !type.own || isOwnPattern(type.pattern), {
    path: ['own'],
    error: 'needs a pattern in which one segment is "*" and no other is wild, such as "inbox:*"',
  })
  .transform((type) => ({
    ...type,
    presence: presenceOf(type.presence),
    history: historyOf(type.kind, type.history),
  }))

/** The file that GATEHOUSE_CONFIG names. */
const roomTypesFileSchema = z
  .strictObject({ roomTypes: z.array(roomTypeSchema).min(1, 'must name at least one room type').max(1_000) })
  .refine(({ roomTypes }) => roomTypes.filter(({ own }) => own).length <= limits.ownRooms, {
    path: ['roomTypes'],
    error: `may have at most ${limits.ownRooms} types with "own"`,
  })
  .superRefine(({ roomTypes }, context) => {
    for (const [index, type] of roomTypes.entries()) {
      const earlier = roomTypes
        .slice(0, index)
        .find((other) => other.pattern === '**' || other.pattern === type.pattern)
      if (earlier === undefined) continue
      context.addIssue({
        code: 'custom',
        path: ['roomTypes', index, 'pattern'],
        message: `is never reached, because "${earlier.pattern}" comes before it and the first match wins`,
      })
    }
  })

/**
 * The room types in file order; the first whose pattern matches a room's name is its type.
 *
 * @param file path of the JSON file; if absent, only the built-in type
 * @throws StartRefusal with every problem in the file, one line each
 */
export function readRoomTypes(file: string | undefined): readonly RoomType[] {
  if (file === undefined) return [builtInRoomType]
  const read = roomTypesFileSchema.safeParse(readJson(`GATEHOUSE_CONFIG ${file}`, file))
  const problems: string[] = []
  const checks = new SchemaFiles(file)
  const types = (read.data?.roomTypes ?? []).map(({ schema, ...type }, index): RoomType => {
    const where = `GATEHOUSE_CONFIG ${file}: roomTypes[${index}].schema`
    const found = schema === undefined ? null : checks.check(schema, where)
    if (typeof found !== 'string') return { ...type, payloadFault: found }
    problems.push(found)
    return { ...type, payloadFault: null }
  })
  for (const issue of read.error?.issues ?? [])
    problems.push(`GATEHOUSE_CONFIG ${file}: ${placeOf(issue.path)} ${issue.message}. Correct the file.`)
  if (problems.length > 0) throw new StartRefusal(problems)
  return types
}

/** The payload schemas of one configuration file; each file is compiled once, however many types name it. */
class SchemaFiles {
  readonly #compiled = new Map<string, PayloadCheck | string>()

  constructor(private readonly configFile: string) {}

  /** The check for a schema, given inline or as a path relative to the configuration file; or a problem as text. */
  check(schema: string | object, where: string): PayloadCheck | string {
    if (typeof schema !== 'string') return compiled(schema, where)
    const file = resolve(dirname(this.configFile), schema)
    const known = this.#compiled.get(file)
    if (known !== undefined) return known
    const made = compiledFile(file, `${where} ${file}`)
    this.#compiled.set(file, made)
    return made
  }
}

function compiledFile(file: string, where: string): PayloadCheck | string {
  try {
    const schema = readJson(where, file)
    if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return compiled(schema, where)
    return `${where} does not contain a JSON Schema. Correct the file.`
  } catch (error) {
    if (error instanceof StartRefusal) return error.message
    throw error
  }
}

function compiled(schema: object, where: string): PayloadCheck | string {
  try {
    return compilePayloadSchema(schema)
  } catch (error) {
    return `${where} cannot be used as a JSON Schema (draft 2020-12): ${(error as Error).message}. Correct it.`
  }
}

/** @param name names the file in refusals */
function readJson(name: string, file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new StartRefusal(`${name} cannot be read (${code}). Name a readable file, or unset it.`, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new StartRefusal(`${name} is not JSON: ${(cause as Error).message}. Correct the file.`, { cause })
  }
}

function placeOf(path: readonly PropertyKey[]): string {
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return place === '' ? 'the file:' : `${place.replace(/^\./, '')}:`
}
