import type { JoinManyOk, JoinOk, Push, Reply } from '@gatehouse/protocol'
import { backoff } from './backoff.js'
import type { RoomStream, StreamStatus } from './room-stream.js'

/** Silence after which the socket is held for dead: the hub pings every 25 s and sends stats each second. */
const SILENCE_MS = 20_000

/** The close codes after which a client may come back (protocol: reconnect on these and on nothing else). */
function mayReturn(code: number): boolean {
  return [1001, 1005, 1006, 1011, 1012, 1013].includes(code) || (code >= 3000 && code < 3500) || (code >= 4000 && code < 4500)
}

/** A `RoomStream` over one WebSocket that carries the session's cookie. */
export class SocketStream implements RoomStream {
  onStatus: (status: StreamStatus) => void = () => {}
  onClock: (offsetMs: number) => void = () => {}
  #socket: WebSocket | null = null
  #rooms = new Map<string, Set<(data: unknown) => void>>()
  #isOpen = false
  #isWanted = false
  #attempt = 0
  #nextId = 1
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #silenceTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly url: string,
    private readonly open: (url: string) => WebSocket = (address) => new WebSocket(address, 'gatehouse.v1.json'),
    private readonly random: () => number = Math.random,
  ) {}

  join(room: string, onData: (data: unknown) => void): () => void {
    const listeners = this.#rooms.get(room)
    if (listeners) listeners.add(onData)
    else {
      this.#rooms.set(room, new Set([onData]))
      if (this.#isOpen) this.#request('join', { room })
    }
    return () => this.#leave(room, onData)
  }

  start(): void {
    this.#isWanted = true
    if (!this.#socket) this.#connect()
  }

  stop(): void {
    this.#isWanted = false
    clearTimeout(this.#retryTimer)
    this.#socket?.close(1000)
    this.#drop()
  }

  reconnect(): void {
    this.#attempt = 0
    clearTimeout(this.#retryTimer)
    this.#socket?.close(1000)
    this.#drop()
    this.start()
  }

  #connect(): void {
    this.onStatus('connecting')
    const socket = this.open(this.url)
    this.#socket = socket
    const isCurrent = (): boolean => this.#socket === socket
    socket.onmessage = (event: MessageEvent<string>) => isCurrent() && this.#receive(event.data)
    socket.onclose = (event) => isCurrent() && this.#closed(event.code)
    this.#watchSilence()
  }

  #receive(text: string): void {
    this.#watchSilence()
    const frame = JSON.parse(text) as Push | Reply
    if (!('event' in frame)) return this.#answered(frame)
    if (frame.event === 'connected') this.#opened(frame.serverTime)
    if (frame.event === 'message') this.#deliver(frame.room, frame.data)
  }

  #opened(serverTime: number): void {
    this.#isOpen = true
    this.#attempt = 0
    this.onClock(serverTime - Date.now())
    this.onStatus('open')
    const rooms = [...this.#rooms.keys()].map((room) => ({ room }))
    for (let from = 0; from < rooms.length; from += 32) this.#request('join', { rooms: rooms.slice(from, from + 32) })
  }

  /** A `latest` room answers a join with its value; other answers need nothing done. */
  #answered(reply: Reply): void {
    if (!('ok' in reply)) return
    const answer = reply.ok as JoinOk | JoinManyOk
    for (const result of 'results' in answer ? answer.results : [{ ok: answer }]) {
      if (!('ok' in result) || !('messages' in result.ok)) continue
      for (const message of result.ok.messages ?? []) this.#deliver(message.room, message.data)
    }
  }

  #deliver(room: string, data: unknown): void {
    for (const listener of this.#rooms.get(room) ?? []) listener(data)
  }

  #leave(room: string, onData: (data: unknown) => void): void {
    const listeners = this.#rooms.get(room)
    listeners?.delete(onData)
    if (listeners?.size !== 0) return
    this.#rooms.delete(room)
    if (this.#isOpen) this.#socket?.send(JSON.stringify({ event: 'leave', data: { room } }))
  }

  #request(event: 'join', data: unknown): void {
    this.#socket?.send(JSON.stringify({ id: this.#nextId++, event, data }))
  }

  #watchSilence(): void {
    clearTimeout(this.#silenceTimer)
    this.#silenceTimer = setTimeout(() => {
      const socket = this.#socket
      this.#closed(1006)
      socket?.close()
    }, SILENCE_MS)
  }

  #closed(code: number): void {
    this.#drop()
    if (!this.#isWanted) return
    if (!mayReturn(code)) return this.onStatus('ended')
    this.onStatus('waiting')
    this.#retryTimer = setTimeout(() => this.#connect(), backoff(this.#attempt++, this.random()))
  }

  #drop(): void {
    clearTimeout(this.#silenceTimer)
    this.#socket = null
    this.#isOpen = false
  }
}
