/** Where a room's stream stands. */
export interface StreamPlace {
  /** Null until the stream was first seen. */
  readonly epoch: string | null
  readonly offset: number
}

/** How far one member has confirmed the messages of its room, in the current epoch. */
export class MemberReceipt {
  #epoch: string | null
  #highest: number | null = null
  #from: number

  /** Create it when the member enters: it is not expected to confirm earlier messages. */
  constructor(private readonly room: StreamPlace) {
    this.#epoch = room.epoch
    this.#from = room.offset
  }

  /** The highest offset it confirmed; null where it confirmed none. */
  get acked(): number | null {
    return this.#epoch === this.room.epoch ? this.#highest : null
  }

  /** Messages it has not confirmed since the last one it confirmed, or since it joined. */
  get lag(): number {
    const { epoch, offset } = this.room
    return Math.max(0, offset - (epoch === this.#epoch ? (this.#highest ?? this.#from) : 0))
  }

  /** The member received everything up to this offset of the room's epoch. */
  note(offset: number): void {
    if (this.#epoch !== this.room.epoch) {
      this.#epoch = this.room.epoch
      this.#highest = null
      this.#from = 0
    }
    if (this.#highest === null || offset > this.#highest) this.#highest = offset
  }
}
