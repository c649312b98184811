/** A member, by its place in the slots; -1: in none. */
interface Slotted {
  index: number
}

/**
 * The members of a room, in slots that a flush walks through. While one is under way members keep their slots: who goes
 * leaves a hole, and `compact` closes the holes afterwards.
 */
export class MemberSlots<M extends Slotted> implements Iterable<M> {
  readonly slots: (M | null)[] = []
  #count = 0
  #holes = 0

  get count(): number {
    return this.#count
  }

  *[Symbol.iterator](): Iterator<M> {
    for (const membership of this.slots) if (membership !== null) yield membership
  }

  add(membership: M): void {
    membership.index = this.slots.length
    this.slots.push(membership)
    this.#count += 1
  }

  has(membership: M): boolean {
    return this.slots[membership.index] === membership
  }

  remove(membership: M, isFlushing: boolean): void {
    const { index } = membership
    this.#count -= 1
    membership.index = -1
    if (isFlushing || this.#holes > 0) {
      this.slots[index] = null
      this.#holes += 1
      this.compact(isFlushing)
      return
    }
    const last = this.slots.pop()
    if (last !== undefined && last !== null && last !== membership) {
      last.index = index
      this.slots[index] = last
    }
  }

  /** Closes the holes, unless a flush is under way. */
  compact(isFlushing: boolean): void {
    if (this.#holes === 0 || isFlushing) return
    let kept = 0
    for (const membership of this) {
      membership.index = kept
      this.slots[kept] = membership
      kept += 1
    }
    this.slots.length = kept
    this.#holes = 0
  }
}
