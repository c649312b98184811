import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { databaseEnded } from './database-end.ts'
import { Rest } from './rest.ts'
import { signToken, type TokenFacts } from './token.ts'
import { tempFolder } from './temp-folder.ts'

/** The built backend of this clone. */
const backendMain = fileURLToPath(new URL('../../../backend/dist/main.js', import.meta.url))
/** As npm start runs it. */
const nodeFlags = ['--enable-source-maps']
/** What a node inherits from the environment of the tests: only what any program needs, so the rest has its default. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'USER']
const KEPT_LINES = 400

export interface NodeOptions {
  /** Variables on top of free ports, a fresh DATA_DIR and generated secrets. */
  readonly env?: Readonly<Record<string, string>>
  /** Kept when the node stops; without it the node has a folder of its own, removed by `dispose`. */
  readonly dataDir?: string
  /** The built backend to run; this clone's by default. */
  readonly main?: string
  /** What to run in front of the node, such as `['taskset', '-c', '0']`. */
  readonly prefix?: readonly string[]
  /** How long it may take until it listens, milliseconds; 30,000 by default. */
  readonly withinMs?: number
  /** Aborts the start; once the node listens it has no effect. */
  readonly signal?: AbortSignal
}

/** One real gatehouse process on free loopback ports. */
export class NodeProcess {
  readonly adminKey: string
  readonly dataDir: string
  readonly secret: string
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #removeFolder: (() => void) | undefined
  #gatewayUrl = ''
  #controlUrl = ''
  #signInUrl: string | undefined

  private constructor(options: NodeOptions) {
    const folder = options.dataDir === undefined ? tempFolder('node') : undefined
    this.dataDir = folder?.path ?? options.dataDir ?? ''
    this.#removeFolder = folder?.remove
    this.adminKey = options.env?.['GATEHOUSE_ADMIN_KEY'] ?? randomBytes(24).toString('base64url')
    this.secret = options.env?.['JWT_SECRET'] ?? randomBytes(48).toString('base64url')
    const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
    const env = {
      ...Object.fromEntries(inherited),
      GATEWAY_PORT: '0',
      CONTROL_PORT: '0',
      DATA_DIR: this.dataDir,
      GATEHOUSE_ADMIN_KEY: this.adminKey,
      JWT_SECRET: this.secret,
      LOG_LEVEL: 'warn',
      ...options.env,
    }
    const words = [...(options.prefix ?? []), process.execPath, ...nodeFlags, options.main ?? backendMain]
    this.#child = spawn(words[0] ?? process.execPath, words.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] })
    process.once('exit', this.#killAtExit)
  }

  /** Resolves when the node printed its addresses; rejects with its output when it ends or takes too long. */
  static async start(options: NodeOptions = {}): Promise<NodeProcess> {
    const node = new NodeProcess(options)
    try {
      await node.#listening(options.withinMs ?? 30_000, options.signal)
      return node
    } catch (error) {
      await node.dispose()
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }
  get gatewayUrl(): string {
    return this.#gatewayUrl
  }
  get controlUrl(): string {
    return this.#controlUrl
  }
  /** The one-time link; undefined once an operator exists. */
  get signInUrl(): string | undefined {
    return this.#signInUrl
  }
  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
  /** What it wrote last, newest line at the end. */
  get output(): string {
    return this.#lines.join('\n')
  }
  get rest(): Rest {
    return new Rest(this.#controlUrl, this.adminKey)
  }

  token(facts: TokenFacts): string {
    return signToken(this.secret, facts)
  }

  /** Sends the signal and waits for the end; resolves to the exit code, or to null if a signal killed it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', withinMs = 40_000): Promise<number | null> {
    if (this.hasExited) return this.#child.exitCode
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), withinMs)
    const [code] = (await exited) as [number | null]
    clearTimeout(timer)
    return code
  }

  /** Ends it at once and removes its folder when it had one of its own. */
  async dispose(): Promise<void> {
    await this.stop('SIGTERM', 5000)
    process.removeListener('exit', this.#killAtExit)
    if (this.#removeFolder === undefined) return
    await databaseEnded(this.dataDir)
    this.#removeFolder()
  }

  readonly #killAtExit = (): void => {
    this.#child.kill('SIGKILL')
  }

  async #listening(withinMs: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => reject(new Error(`no addresses within ${withinMs} ms:\n${this.output}`)), withinMs)
    const read = (line: string): void => {
      this.#keep(line)
      const [, word, url] = /^\s*(gateway|control|sign[ -]in)\s+((?:ws|http)s?:\/\/\S+)/.exec(line) ?? []
      if (word === 'gateway') this.#gatewayUrl = url ?? ''
      if (word === 'control') this.#controlUrl = url ?? ''
      if (word?.startsWith('sign')) this.#signInUrl = url
      if (this.#gatewayUrl !== '' && this.#controlUrl !== '') resolve()
    }
    this.#child.stdout?.on('data', linesOf(read))
    this.#child.stderr?.on('data', linesOf(read))
    this.#child.once('error', reject)
    this.#child.once('exit', (code, signal) => reject(new Error(`the node ended (${code ?? signal}):\n${this.output}`)))
    const abort = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted === true) abort()
    await promise.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    })
  }

  #keep(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > KEPT_LINES) this.#lines.shift()
  }
}

function linesOf(read: (line: string) => void): (chunk: Buffer) => void {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(read)
  }
}
