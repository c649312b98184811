import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { eventually, start } from './npm-start.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

interface Service {
  readonly environment: Record<string, string>
  readonly ports?: string[]
  readonly volumes?: string[]
  readonly stop_grace_period?: string
  readonly depends_on?: Record<string, { condition: string }>
  readonly healthcheck: { test: unknown[] }
}

interface Compose {
  readonly services: Record<string, Service>
  readonly volumes: Record<string, unknown>
}

const readText = (name: string): string => readFileSync(join(repository, name), 'utf8')
const seconds = (duration: string | undefined): number => Number(/^(\d+)s$/.exec(duration ?? '')?.[1])

/** ENV, USER and ENTRYPOINT of the image's last stage. */
function lastStage() {
  const text =
    readText('Dockerfile')
      .split(/^FROM /m)
      .at(-1) ?? ''
  const environment = Object.fromEntries(
    [...text.matchAll(/^ENV (.+)$/gm)].flatMap(([, line = '']) => line.split(' ').map((pair) => pair.split('='))),
  ) as Record<string, string>
  const entry = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(text)?.[1] ?? '[]') as string[]
  return { environment, user: /^USER (\w+)$/m.exec(text)?.[1], entry }
}

// No container engine is needed: the files are read, and what the image would run is run with its environment.
describe('the container set-up', () => {
  let compose: Compose
  let folder: string

  beforeAll(() => {
    compose = parse(readText('docker-compose.yml')) as Compose
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-container-'))
  })

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('gives a drain more time than it may take', () => {
    const node = compose.services['gatehouse']
    expect(seconds(node?.stop_grace_period)).toBeGreaterThan(seconds(node?.environment['DRAIN_GRACE']))
  })

  it('starts the node after its database and publishes both ports on loopback only', () => {
    const node = compose.services['gatehouse']
    expect(node?.depends_on).toEqual({ postgres: { condition: 'service_healthy' } })
    expect(node?.ports).toEqual(['127.0.0.1:8080:8080', '127.0.0.1:8081:8081'])
    expect(node?.environment['TRUST_PROXY']).toBeTruthy()
  })

  it('keeps all data in named volumes and writes health checks as plain strings', () => {
    const { services, volumes } = compose
    const mounted = Object.values(services).flatMap((service) => service.volumes ?? [])
    expect(new Set(mounted.map((volume) => volume.split(':')[0]))).toEqual(new Set(Object.keys(volumes)))
    for (const service of Object.values(services)) {
      for (const word of service.healthcheck.test) expect(word).toBeTypeOf('string')
    }
  })

  it('runs as an ordinary user on all addresses of the container', () => {
    const { environment, user } = lastStage()
    expect(user).toBe('node')
    expect(environment).toMatchObject({ NODE_ENV: 'production', GATEWAY_HOST: '0.0.0.0', CONTROL_HOST: '0.0.0.0' })
  })

  const run = (env: Record<string, string>) => {
    const { environment, entry } = lastStage()
    return start(process.execPath, entry.slice(1), repository, {
      ...environment,
      DATA_DIR: join(folder, 'data'),
      GATEWAY_PORT: '0',
      CONTROL_PORT: '0',
      ...env,
    })
  }

  it('refuses to listen without TLS if no proxy is declared', async () => {
    const image = run({})
    expect(await image.ended).not.toBe(0)
    expect(image.output()).toMatch(/^GATEWAY_HOST and CONTROL_HOST are 0\.0\.0\.0 in production.*TRUST_PROXY.*$/m)
  })

  it('starts with the environment of the compose file, and ends with 0 at SIGTERM', async () => {
    const { DRAIN_GRACE = '', TRUST_PROXY = '' } = compose.services['gatehouse']?.environment ?? {}
    // Its own database instead of the service's, and loopback instead of the container's addresses.
    const local = { GATEWAY_HOST: '127.0.0.1', CONTROL_HOST: '127.0.0.1' }
    const node = run({ DRAIN_GRACE, TRUST_PROXY, ...local })
    await eventually(() => (/http:\/\/127\.0\.0\.1:\d+/.test(node.output()) ? true : undefined), node.output)
    process.kill(node.pid, 'SIGTERM')
    expect(await node.ended).toBe(0)
  })
})
