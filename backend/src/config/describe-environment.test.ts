import { expect, it } from 'vitest'
import { describeEnvironment } from './describe-environment.js'
import { environmentSchema } from './environment.js'

it('describes every variable of the schema in one row with its default', () => {
  const lines = describeEnvironment().trimEnd().split('\n').slice(2)
  expect(lines.map((line) => /^\| `(\w+)` \|/.exec(line)?.[1])).toEqual(Object.keys(environmentSchema.shape))
  expect(lines).toContainEqual('| `GATEWAY_PORT` | 8080 | Port for clients; 0 picks a free one |')
  for (const line of lines) expect(line).toMatch(/^\|[^|]+\|[^|]*\|[^|]+\S \|$/)
})
