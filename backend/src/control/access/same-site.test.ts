import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { ProblemError } from '../http/problem.js'
import { demandSameSite } from './same-site.js'

const ours = { 'content-type': 'application/json', 'x-gatehouse-request': '1', host: 'localhost:8081' }
const ask = (method: string, headers: Record<string, string>) => () =>
  demandSameSite({ method, headers } as unknown as IncomingMessage)

it('lets reads through from any site', () => {
  expect(ask('GET', { 'sec-fetch-site': 'cross-site' })).not.toThrow()
})

it('lets the control room’s own changes through', () => {
  expect(ask('POST', { ...ours, 'sec-fetch-site': 'same-origin' })).not.toThrow()
  expect(ask('POST', ours)).not.toThrow()
  expect(ask('POST', { ...ours, origin: 'http://localhost:8081' })).not.toThrow()
})

it.each([
  ['a form', { ...ours, 'content-type': 'text/plain' }],
  ['a request without X-Gatehouse-Request', { 'content-type': 'application/json', host: 'localhost:8081' }],
  ['another site', { ...ours, 'sec-fetch-site': 'cross-site' }],
  ['another port of the same host', { ...ours, 'sec-fetch-site': 'same-site' }],
  ['another origin, from a browser without Sec-Fetch-Site', { ...ours, origin: 'http://evil.example' }],
  ['an opaque origin', { ...ours, origin: 'null' }],
])('refuses a change from %s', (_name, headers) => {
  expect(ask('POST', headers)).toThrow(ProblemError)
})
