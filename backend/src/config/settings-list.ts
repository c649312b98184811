import { environmentSchema } from './environment.js'
import { noteOf } from './variable.js'

/** One variable as operators see it; a secret's value is shown as `set`. */
export interface Setting {
  readonly name: string
  readonly value: string
  readonly isDefault: boolean
}

/** Every variable with the value in force, in README's order. */
export function listSettings(env: Readonly<Record<string, string | undefined>>): Setting[] {
  return Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const { default: byDefault, isSecret } = noteOf(schema)
    const given = env[name]?.trim() ?? ''
    if (given === '') return { name, value: byDefault, isDefault: true }
    return { name, value: isSecret ? 'set' : given, isDefault: given === byDefault }
  })
}
