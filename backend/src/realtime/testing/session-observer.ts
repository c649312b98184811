import type { Position } from '@gatehouse/protocol'
import type { RoomType } from '../room-types/room-type.js'
import { LineObserver } from './line-observer.js'
import type { JoinAnswer, JoinAsked, RecoveryJudge } from './recovery-judge.js'
import type { Truth } from './truth.js'

interface Receipt {
  readonly line: LineObserver
  /** When it was read, in the truth's ticks. */
  readonly tick: number
}

/** Follows what one client received over all its connections: nothing twice, and where it would resume. */
export class SessionObserver {
  /** The newest place read of each room: what the client sends as `since`. */
  readonly places = new Map<string, Position>()
  /** The connection whose messages of a room the client reads: the last that joined it. */
  readonly #holders = new Map<string, LineObserver>()
  readonly #receipts = new Map<string, Receipt>()

  constructor(
    readonly truth: Truth,
    readonly judge: RecoveryJudge,
    private readonly typeOf: (room: string) => RoomType,
  ) {}

  line(): LineObserver {
    return new LineObserver(this)
  }

  /** Whether offsets may jump there without a gap push. */
  mayJump(room: string): boolean {
    return this.typeOf(room).kind === 'latest'
  }

  /** A live message was read. */
  received(line: LineObserver, room: string, { epoch, offset }: Position, askedTick: number): string | undefined {
    if (this.#holders.get(room) !== line) return undefined
    const name = `${room} ${epoch} ${offset}`
    const earlier = this.#receipts.get(name)
    // While a newer connection takes over, the older one still receives.
    const isOverlap = earlier !== undefined && earlier.line !== line && earlier.tick > askedTick
    if (earlier !== undefined && !isOverlap) return `D2: ${offset} of ${room} reached its client twice`
    this.#receipts.set(name, { line, tick: this.truth.tick })
    this.moved(line, room, { epoch, offset })
    return undefined
  }

  /** A join's answer was read, and found to be true. */
  entered(line: LineObserver, { room, since, tick, isOwn }: JoinAsked, ok: JoinAnswer): string | undefined {
    for (const { offset = 0 } of ok.messages ?? []) {
      const name = `${room} ${ok.epoch} ${offset}`
      const earlier = this.#receipts.get(name)
      // Messages that arrived since it asked may come again, and so may those that a made-up position leaves out.
      if (earlier !== undefined && since !== undefined && isOwn && earlier.tick <= tick)
        return `D2: ${offset} of ${room} was recovered, and its client had it`
      this.#receipts.set(name, { line, tick: this.truth.tick })
    }
    this.#holders.set(room, line)
    this.moved(line, room, ok)
    return undefined
  }

  /** The client has read this far, on the connection from which it reads the room. */
  moved(line: LineObserver, room: string, { epoch, offset }: Position): void {
    const known = this.places.get(room)
    if (this.#holders.get(room) !== line) return
    if (known !== undefined && this.truth.between(room, known, { epoch, offset }) < 0) return
    this.places.set(room, { epoch, offset })
  }
}
