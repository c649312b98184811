import { environmentSchema } from './environment.js'
import { noteOf } from './variable.js'

/** README's table of the environment, as Markdown, generated from the schema. */
export function describeEnvironment(): string {
  const rows = Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const { default: byDefault, meaning } = noteOf(schema)
    return `| \`${name}\` | ${cell(byDefault)} | ${cell(meaning)} |`
  })
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
