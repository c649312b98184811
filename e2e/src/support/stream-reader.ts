import { createHash } from 'node:crypto'
import type { Connection, Gap } from '@gatehouse/client'
import type { MessageFrame } from '@gatehouse/protocol'

/** The payload of a traced message: its number in the room, and a hash that shows it did not change on its way. */
export interface Traced {
  readonly n: number
  readonly hash: string
}

export function traced(room: string, n: number): Traced {
  return { n, hash: hashOf(room, n) }
}

/** One client in one room: what it received, and every fault found in that. */
export class StreamReader {
  readonly complaints: string[] = []
  readonly gaps: Gap[] = []
  /** Joins answered with `recovered: true`, and with `recovered: false`. */
  recovered = 0
  notRecovered = 0
  received = 0
  #offset = -1
  #epoch = ''
  readonly room: string

  constructor(room: string) {
    this.room = room
  }

  /** Newest offset read. */
  get offset(): number {
    return this.#offset
  }

  async join(connection: Connection): Promise<void> {
    await connection.join(this.room, {
      onMessage: (message) => this.#take(message),
      onGap: (gap) => this.gaps.push(gap),
      onJoined: (ok) => {
        if (this.#offset < 0) {
          this.#offset = ok.offset
          this.#epoch = ok.epoch
        } else if (ok.epoch !== this.#epoch) this.complaints.push(`${this.room}: epoch ${ok.epoch}`)
        if (ok.recovered === true) this.recovered += 1
        else if (ok.recovered === false) this.notRecovered += 1
      },
    })
  }

  #take({ offset, data }: MessageFrame): void {
    const { n, hash } = data as Traced
    this.received += 1
    if (hash !== hashOf(this.room, n)) this.complaints.push(`${this.room}: message ${n} changed on its way`)
    if (offset !== this.#offset + 1) this.complaints.push(`${this.room}: offset ${offset} after ${this.#offset}`)
    this.#offset = offset
  }
}

function hashOf(room: string, n: number): string {
  return createHash('sha1').update(`${room} ${n}`).digest('base64url').slice(0, 12)
}
