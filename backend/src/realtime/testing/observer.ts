import type { SentFrame } from './fake-socket.js'

interface Place {
  epoch: string
  offset: number
}

type Field = (name: string) => string | number | undefined

/**
 * Reads what one client received, in order, and complains of what must never be: an offset out of order, a gap nobody
 * told of, a message of a room the client is not in.
 */
export class Observer {
  private readonly places = new Map<string, Place>()
  private readonly requests = new Map<number, { readonly event: 'join' | 'leave'; readonly room: string }>()
  private read = 0
  private isDisconnected = false
  /** Messages, and deliveries that gaps told of. */
  messages = 0
  missed = 0
  /** Messages to the connection or its user, of no room. */
  direct = 0

  /** Says what a request id will stand for. */
  asks(id: number, event: 'join' | 'leave', room: string): void {
    this.requests.set(id, { event, room })
  }

  /** Looks at the frames that were not looked at before; answers the first complaint. */
  look(frames: readonly SentFrame[]): string | undefined {
    for (; this.read < frames.length; this.read += 1) {
      const frame = frames[this.read] as SentFrame
      const complaint = this.take(frame)
      if (complaint !== undefined) return `${complaint} (frame ${this.read}: ${JSON.stringify(frame).slice(0, 200)})`
    }
    return undefined
  }

  private take(frame: SentFrame): string | undefined {
    if (this.isDisconnected) return 'something came after the disconnect push'
    const field: Field = (name) => frame[name] as string | number | undefined
    const room = String(field('room'))
    switch (frame.event) {
      case 'message':
        if (field('room') !== undefined) return this.message(room, field)
        this.direct += 1
        return field('offset') === undefined ? undefined : 'a message of no room has an offset'
      case 'gap':
        return this.gap(room, field)
      case 'left':
      case 'roomClosed':
        return this.places.delete(room) ? undefined : `the membership of ${room} ended twice`
      case 'disconnect':
        this.isDisconnected = true
        return undefined
      default:
        return frame.id === undefined ? undefined : this.reply(frame.id, frame['ok'] as Place | undefined)
    }
  }

  private message(room: string, field: Field): string | undefined {
    const place = this.places.get(room)
    const offset = Number(field('offset'))
    const epoch = field('epoch')
    if (place === undefined) return `a message of ${room}, which the client is not in`
    this.messages += 1
    if (epoch !== undefined && epoch !== place.epoch) {
      place.epoch = String(epoch)
      place.offset = 0
    }
    if (offset !== place.offset + 1) return `offset ${offset} of ${room} after ${place.offset}`
    place.offset = offset
    return undefined
  }

  private gap(room: string, field: Field): string | undefined {
    const place = this.places.get(room)
    const [from, to, count] = [Number(field('from')), Number(field('to')), Number(field('count'))]
    if (place === undefined) return `a gap of ${room}, which the client is not in`
    if (field('epoch') !== place.epoch) {
      place.epoch = String(field('epoch'))
      place.offset = 0
    }
    if (from !== place.offset + 1) return `a gap of ${room} from ${from} after ${place.offset}`
    if (count !== to - from + 1) return `a gap of ${room} that does not count what it names`
    this.missed += count
    place.offset = to
    return undefined
  }

  private reply(id: number, ok: Place | undefined): string | undefined {
    const request = this.requests.get(id)
    if (request === undefined) return undefined
    this.requests.delete(id)
    if (ok === undefined) return undefined
    if (request.event === 'leave') this.places.delete(request.room)
    else {
      const known = this.places.get(request.room)
      // Where the room was cleared, the answer may be the first to tell of it: nothing was published since.
      const expected = known?.epoch === ok.epoch ? known.offset : 0
      if (known !== undefined && ok.offset !== expected) {
        return `join again of ${request.room} answered ${ok.offset}, the client was at ${known.offset}`
      }
      this.places.set(request.room, { epoch: ok.epoch, offset: ok.offset })
    }
    return undefined
  }
}
