/** Users whose receipts a room keeps, and how many of the oldest it drops at once when there are more. */
const MOST_USERS = 10_000
const FORGOTTEN_AT_ONCE = 100

/** The highest offset of a room that a user confirmed, and when, milliseconds since 1970. */
export interface Receipt {
  readonly offset: number
  readonly at: number
}

const NOTHING: ReadonlyMap<string, Receipt> = new Map<string, Receipt>()

/** What the users of one room confirmed in its newest epoch, including users who have left. */
export class RoomReceipts {
  /** Users of this epoch whose receipts were dropped for newer ones. */
  #forgottenUsers = 0
  #epoch: string | null = null
  /** Oldest receipt first. */
  readonly #byUser = new Map<string, Receipt>()

  /** A user confirmed all up to `offset`; answers whether that is more than before. The highest stands. */
  note(epoch: string | null, user: string, offset: number, wallMs: number): boolean {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#byUser.clear()
      this.#forgottenUsers = 0
    }
    const known = this.#byUser.get(user)
    if (known !== undefined && known.offset >= offset) return false
    this.#byUser.delete(user)
    this.#byUser.set(user, { offset, at: wallMs })
    if (this.#byUser.size > MOST_USERS) this.#forgetOldest()
    return true
  }

  /** The receipts of an epoch by user. */
  of(epoch: string | null): ReadonlyMap<string, Receipt> {
    return epoch === this.#epoch ? this.#byUser : NOTHING
  }

  /** Users of an epoch whose receipts were dropped for newer ones. */
  forgotten(epoch: string | null): number {
    return epoch === this.#epoch ? this.#forgottenUsers : 0
  }

  #forgetOldest(): void {
    let left = FORGOTTEN_AT_ONCE
    for (const user of this.#byUser.keys()) {
      this.#byUser.delete(user)
      this.#forgottenUsers += 1
      left -= 1
      if (left === 0) return
    }
  }
}
