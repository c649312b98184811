import { z } from 'zod'

/** What the schema says about a variable besides its values; README's table is generated from it. */
export interface VariableNote {
  /** Completes "it must be …" in a problem, for example `a port from 0 to 65535`. */
  readonly expected: string
  readonly meaning: string
  /** The value used for an absent variable, or a description of a default that depends on the machine. */
  readonly default: string
  /** Whether the value is a secret, which is never shown. */
  readonly isSecret: boolean
}

/** How one kind of value is parsed; `undefined` means that the text is not valid. */
export interface ValueKind<T> {
  readonly expected: string
  read(text: string): T | undefined
}

interface Options {
  readonly meaning: string
  readonly isSecret?: boolean
}

/** A variable that always has a value. */
export function variable<T>(kind: ValueKind<T>, options: Options & { default: string }) {
  const { meaning, isSecret = false } = options
  const note: VariableNote = { expected: kind.expected, meaning, default: options.default, isSecret }
  return z
    .string()
    .default(options.default)
    .transform((text, context) => read(kind, text, context))
    .meta({ note })
}

/** A variable whose absence has its own meaning, described by `whenAbsent`. */
export function optional<T>(kind: ValueKind<T>, options: Options & { whenAbsent?: string }) {
  const { meaning, isSecret = false, whenAbsent = '' } = options
  const note: VariableNote = { expected: kind.expected, meaning, default: whenAbsent, isSecret }
  return z
    .string()
    .transform((text, context) => read(kind, text, context))
    .optional()
    .meta({ note })
}

/** The note that `variable` or `optional` attached to a schema. */
export function noteOf(schema: z.ZodType): VariableNote {
  const note = schema.meta()?.['note']
  if (note === undefined) throw new Error('a schema of the environment was made without a note')
  return note as VariableNote
}

function read<T>(kind: ValueKind<T>, text: string, context: z.RefinementCtx): T {
  const value = kind.read(text.trim())
  if (value !== undefined) return value
  context.addIssue({ code: 'custom', message: `it must be ${kind.expected}` })
  return z.NEVER
}
