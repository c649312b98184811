import type { MessageFrame } from '@gatehouse/protocol'
import type { SentFrame } from './fake-socket.js'
import type { JoinAnswer, JoinAsked } from './recovery-judge.js'
import type { SessionObserver } from './session-observer.js'

type Asked =
  | { readonly event: 'join'; readonly items: readonly JoinAsked[] }
  | { readonly event: 'leave'; readonly room: string }
  | { readonly event: 'publish'; readonly room: string; readonly data: string }

interface Place {
  epoch: string
  offset: number
  /** When the client asked for the join that made it a member. */
  askedTick: number
}

type JoinReply = JoinAnswer & {
  readonly results?: readonly { readonly room: string; readonly ok?: JoinAnswer }[]
}

/**
 * Reads what one connection of a client received, in order, and complains of what must never happen: an offset out of
 * order, a gap that was not told, a message of a room the client is not in, an answer that is not true.
 */
export class LineObserver {
  /** The rooms the client knows itself to be in. */
  readonly places = new Map<string, Place>()
  /** The reason of the `disconnect` push. */
  reason: string | null = null
  /** Messages read, and deliveries that were dropped: told by gaps or jumped over in rooms of kind `latest`. */
  messages = 0
  missed = 0
  /** It left a room where offsets jump: nothing tells how many messages were dropped there last. */
  hasLostCount = false
  readonly #requests = new Map<number, Asked>()
  /** Ticks after which nothing new of a room, or at all, may come. */
  readonly #ends = new Map<string, number>()
  #end = Infinity
  #read = 0

  constructor(private readonly session: SessionObserver) {}

  asks(id: number, asked: Asked): void {
    this.#requests.set(id, asked)
  }

  /** The request got no reply, or an error. */
  forgets(id: number): void {
    this.#requests.delete(id)
  }

  /** What is numbered from now on must not reach this connection: of one room until it joins it again, or of any. */
  outOf(room: string | null): void {
    const { tick } = this.session.truth
    if (room === null) this.#end = Math.min(this.#end, tick)
    else if (!this.#ends.has(room)) this.#ends.set(room, tick)
  }

  /** Checks the frames that were not checked before; returns the first complaint. */
  look(frames: readonly SentFrame[]): string | undefined {
    for (; this.#read < frames.length; this.#read += 1) {
      const frame = frames[this.#read] as SentFrame
      const complaint = this.#take(frame)
      if (complaint !== undefined) return `${complaint} (frame ${this.#read}: ${JSON.stringify(frame).slice(0, 200)})`
    }
    return undefined
  }

  #take(frame: SentFrame): string | undefined {
    if (this.reason !== null) return 'D6: something came after the disconnect push'
    this.session.truth.tick += 1
    const room = String(frame['room'])
    switch (frame.event) {
      case 'message':
        this.messages += 1
        // A message to this connection or its user belongs to no room.
        return frame['room'] === undefined ? undefined : this.#message(room, frame as unknown as MessageFrame)
      case 'gap':
        return this.#gap(room, frame)
      case 'left':
      case 'roomClosed':
        return this.#goneFrom(room) ? undefined : `D6: the membership of ${room} ended twice`
      case 'disconnect':
        this.reason = String(frame['reason'])
        return undefined
      default:
        return frame.id === undefined ? undefined : this.#reply(frame.id, frame['ok'])
    }
  }

  #goneFrom(room: string): boolean {
    if (this.session.mayJump(room)) this.hasLostCount = true
    return this.places.delete(room)
  }

  #message(room: string, frame: MessageFrame): string | undefined {
    const { truth, judge } = this.session
    const place = this.places.get(room)
    if (place === undefined) return `D6: a message of ${room}, which the client is not in`
    const { offset, epoch = place.epoch } = frame
    const wrong = judge.wrongMessage(room, epoch, [frame])
    if (wrong !== undefined) return wrong
    const { tick = 0 } = truth.find(room, epoch, offset) ?? {}
    if (tick > Math.min(this.#end, this.#ends.get(room) ?? Infinity))
      return `D6: ${offset} of ${room} was numbered after the client was out`
    const steps = truth.between(room, place, { epoch, offset })
    if (steps <= 0) return `D1: ${offset} of ${room} after ${place.offset}`
    if (steps > 1 && !this.session.mayJump(room))
      return `D3: ${offset} of ${room} after ${place.offset}, and nothing told of the gap`
    this.missed += steps - 1
    place.epoch = epoch
    place.offset = offset
    return this.session.received(this, room, place, place.askedTick)
  }

  #gap(room: string, frame: SentFrame): string | undefined {
    const [from, to, count] = [Number(frame['from']), Number(frame['to']), Number(frame['count'])]
    const epoch = String(frame['epoch'])
    const { truth } = this.session
    const place = this.places.get(room)
    if (place === undefined) return `D6: a gap of ${room}, which the client is not in`
    if (this.session.mayJump(room)) return `D3: a gap of ${room}, where none is told`
    if (truth.between(room, place, { epoch, offset: from }) !== 1)
      return `D3: a gap of ${room} from ${from} after ${place.offset}`
    if (count !== to - from + 1) return `D3: a gap of ${room} that does not count what it names`
    if (to > truth.top(room, epoch)) return `D3: a gap of ${room} up to ${to}, which it has not reached`
    this.missed += count
    place.epoch = epoch
    place.offset = to
    this.session.moved(this, room, place)
    return undefined
  }

  #reply(id: number, ok: unknown): string | undefined {
    const asked = this.#requests.get(id)
    this.#requests.delete(id)
    if (asked === undefined || ok === undefined) return undefined
    if (asked.event === 'join') return this.#joined(asked.items, ok as JoinReply)
    if (asked.event === 'leave') {
      this.#goneFrom(asked.room)
      return undefined
    }
    const { offset } = ok as { readonly offset: number }
    return this.session.truth.hasAt(asked.room, offset, asked.data)
      ? undefined
      : `D7: ${asked.room} answered a publish with offset ${offset}, where it is not`
  }

  #joined(items: readonly JoinAsked[], reply: JoinReply): string | undefined {
    const { results = [{ room: items[0]?.room, ok: reply }] } = reply
    for (const [i, asked] of items.entries()) {
      const result = results[i]
      if (result?.room !== asked.room) return `D1: the results of a join do not stand in the order asked`
      const complaint = result.ok === undefined ? undefined : this.#entered(asked, result.ok)
      if (complaint !== undefined) return complaint
    }
    return undefined
  }

  #entered(asked: JoinAsked, ok: JoinAnswer): string | undefined {
    const { room, since, tick, isOwn } = asked
    const { judge, truth } = this.session
    const complaint = judge.complaint(asked, ok)
    if (complaint !== undefined) return complaint
    const known = this.places.get(room)
    if (known !== undefined) {
      const steps = truth.between(room, known, ok)
      if (steps < 0 || (steps > 0 && !this.session.mayJump(room)))
        return `D3: join again of ${room} answered ${ok.offset}, the client was at ${known.offset}`
      this.missed += steps
    } else if (since !== undefined && isOwn && truth.between(room, since, ok) < 0) {
      return `D1: ${room} answered a place before the one the client has reached`
    }
    const place = { epoch: ok.epoch, offset: ok.offset, askedTick: tick }
    this.places.set(room, place)
    this.#ends.delete(room)
    return this.session.entered(this, asked, ok)
  }
}
