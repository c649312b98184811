import { callGuarded } from './events.js'
import type { RoomHandlers } from './options.js'

type Told<K extends keyof RoomHandlers> = Parameters<Required<RoomHandlers>[K]>[0]

/** Who listens to which room, member or not. */
export class Audience {
  readonly #listeners = new Map<string, Set<RoomHandlers>>()

  /** Calls `handlers` for the room until the returned function is called. */
  add(room: string, handlers: RoomHandlers): () => void {
    const listeners = this.#listeners.get(room) ?? new Set()
    this.#listeners.set(room, listeners.add(handlers))
    return () => {
      if (listeners.delete(handlers) && listeners.size === 0) this.#listeners.delete(room)
    }
  }

  /** Calls one handler of `first`, then that of each listener. */
  tell<K extends keyof RoomHandlers>(room: string, first: RoomHandlers | undefined, name: K, value: Told<K>): void {
    callOne(first, name, value)
    // A copy, because a handler may add or remove listeners.
    for (const handlers of Array.from(this.#listeners.get(room) ?? [])) callOne(handlers, name, value)
  }
}

function callOne<K extends keyof RoomHandlers>(handlers: RoomHandlers | undefined, name: K, value: Told<K>): void {
  const handler = handlers?.[name] as ((value: Told<K>) => void) | undefined
  callGuarded(handler?.bind(handlers), value)
}
