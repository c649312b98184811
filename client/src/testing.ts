import type { Clock } from './clock.js'
import type { WireData } from './codec.js'
import { connect } from './connect.js'
import type { Connection } from './connection.js'
import type { Environment } from './environment.js'
import type { ConnectOptions } from './options.js'
import type { ClientSocket, ClientSocketConstructor } from './socket.js'

/** Time that only moves when a test moves it. */
export class ManualClock implements Clock {
  #now = 1_000_000
  #timers = new Set<{ at: number; run: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Runs what falls due within `ms`, in order, and lets promises settle between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#now = due.at
      this.#timers.delete(due)
      due.run()
      await settled()
    }
    this.#now = end
    await settled()
  }
}

/** Runs the callbacks of all settled promises. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve()
}

/** A socket whose other end is the test. */
export class FakeSocket implements ClientSocket {
  onopen: ClientSocket['onopen'] = null
  onmessage: ClientSocket['onmessage'] = null
  onclose: ClientSocket['onclose'] = null
  onerror: ClientSocket['onerror'] = null
  readonly sent: { id?: number; event: string; data: Record<string, unknown> }[] = []
  /** The same, as sent over the wire. */
  readonly wire: WireData[] = []
  protocol = 'gatehouse.v1.json'
  binaryType = 'blob'
  closed: { code: number | undefined } | undefined

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  send(data: WireData): void {
    this.wire.push(data)
    if (typeof data === 'string') this.sent.push(JSON.parse(data) as (typeof this.sent)[number])
  }
  close(code?: number): void {
    this.closed = { code }
  }
  last(event: string): { id?: number; event: string; data: Record<string, unknown> } {
    const frame = this.sent.findLast((sent) => sent.event === event)
    if (frame === undefined) throw new Error(`nothing with event ${event} was sent`)
    return frame
  }

  async accept(): Promise<void> {
    call(this.onopen, {})
    await settled()
  }
  async frame(frame: object): Promise<void> {
    await this.data(JSON.stringify(frame))
  }
  async data(data: string | ArrayBuffer): Promise<void> {
    call(this.onmessage, { data })
    await settled()
  }
  /** Answers the newest request of this event. */
  async reply(event: string, answer: { ok: unknown } | { error: object }): Promise<void> {
    await this.frame({ id: this.last(event).id, ...answer })
  }
  async lose(code: number, reason = ''): Promise<void> {
    call(this.onclose, { code, reason })
    await settled()
  }
}

function call(handler: ((event: never) => void) | null, event: object): void {
  ;(handler as ((event: object) => void) | null)?.(event)
}

/** A constructor that keeps every socket it made. */
export function fakeSockets(): { made: FakeSocket[]; newest: () => FakeSocket; WebSocket: ClientSocketConstructor } {
  const made: FakeSocket[] = []
  const newest = (): FakeSocket => {
    const socket = made.at(-1)
    if (socket === undefined) throw new Error('no socket was opened')
    return socket
  }
  class Recorded extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols)
      made.push(this)
    }
  }
  return { made, newest, WebSocket: Recorded }
}

/** What a server answers to connect. */
export function connectOk(overrides: object = {}): Record<string, unknown> {
  return {
    protocol: 1,
    connection: 'cn_1',
    session: 'sn_1',
    node: 'nd_1',
    serverTime: 5_000_000,
    expiresAt: 5_600_000,
    pingMs: 25_000,
    idleMs: 0,
    limits: { frameBytes: 65_536, rooms: 128, messagesPerSecond: 50, messageBurst: 100, bytesPerSecond: 4_194_304 },
    ...overrides,
  }
}

/** A machine whose network and page the test controls. */
export class FakeEnvironment implements Environment {
  online = true
  readonly #listeners = new Set<Parameters<Environment['watch']>[0]>()

  isOnline(): boolean {
    return this.online
  }
  watch(onWake: Parameters<Environment['watch']>[0]): () => void {
    this.#listeners.add(onWake)
    return () => void this.#listeners.delete(onWake)
  }
  get isWatched(): boolean {
    return this.#listeners.size > 0
  }
  async wake(cause: 'online' | 'visible'): Promise<void> {
    if (cause === 'online') this.online = true
    for (const listener of this.#listeners) listener(cause)
    await settled()
  }
}

const unreachable: typeof fetch = async () => Promise.reject(new TypeError('fetch failed'))

/** A connection with a token, whose socket and time the test controls. */
export function start(options: Partial<ConnectOptions> = {}) {
  const clock = new ManualClock()
  const sockets = fakeSockets()
  const connection = connect({
    url: 'ws://gateway/ws',
    token: 'secret',
    WebSocket: sockets.WebSocket,
    clock,
    random: () => 0.5,
    fetch: unreachable,
    ...options,
  })
  return { clock, connection, ...sockets }
}

/** The same, open. */
export async function started(options: Partial<ConnectOptions> = {}, ok: object = {}) {
  const made = start(options)
  await opened(made.newest, ok)
  return made
}

/** Opens the newest socket, as after a reconnect. */
export async function opened(newest: ReturnType<typeof start>['newest'], ok: object = {}): Promise<void> {
  await newest().accept()
  await newest().reply('connect', { ok: connectOk(ok) })
}

/** A message push. */
export const message = (offset: number, room = 'chat:a'): object => ({ event: 'message', room, offset, data: offset })

/** Joins `chat:a`-like rooms at offset 7 of epoch `e1`. */
export async function joined(
  connection: Connection,
  newest: ReturnType<typeof start>['newest'],
  room: string,
  handlers = {},
) {
  const joining = connection.join(room, handlers)
  await settled()
  await newest().reply('join', { ok: { room: {}, epoch: 'e1', offset: 7 } })
  await joining
}
