import type { Connection } from './connection.js'

/** All open connections of a hub, and how many of them each user and address has. */
export class Registry {
  readonly connections = new Map<string, Connection>()
  /** The same as a dense array, to be walked in slices. Its order changes as connections end. */
  readonly list: Connection[] = []
  authenticating = 0
  memberships = 0
  slow = 0
  /** Most users have one connection: a set for each would be a waste. */
  readonly #byUser = new Map<string, Connection | Set<Connection>>()
  readonly #countedByUser = new Map<string, number>()
  readonly #byAddress = new Map<string, number>()
  /** Connections that do not count towards their user's cap. */
  readonly #uncounted = new Set<Connection>()

  add(connection: Connection): void {
    if (this.connections.has(connection.id))
      throw new Error(`connection ${connection.id} is open already: ids are used once`)
    this.connections.set(connection.id, connection)
    connection.index = this.list.length
    this.list.push(connection)
    const group = connection.openedBy.addressGroup
    if (group !== null) raise(this.#byAddress, group, 1)
    if (connection.state === 'authenticating') this.authenticating += 1
  }

  remove(connection: Connection): void {
    if (!this.connections.delete(connection.id)) return
    const last = this.list.pop() as Connection
    if (last !== connection) {
      last.index = connection.index
      this.list[connection.index] = last
    }
    const group = connection.openedBy.addressGroup
    if (group !== null) raise(this.#byAddress, group, -1)
    if (connection.user === null) return
    this.uncount(connection)
    this.#uncounted.delete(connection)
    const own = this.#byUser.get(connection.user)
    if (own instanceof Set) {
      own.delete(connection)
      if (own.size > 0) return
    }
    this.#byUser.delete(connection.user)
  }

  /** The connection has authenticated, and counts towards its user's cap. */
  identify(connection: Connection): void {
    const { user } = connection
    if (user === null) return
    const own = this.#byUser.get(user)
    if (own === undefined) this.#byUser.set(user, connection)
    else if (own instanceof Set) own.add(connection)
    else this.#byUser.set(user, new Set([own, connection]))
    raise(this.#countedByUser, user, 1)
  }

  /** The connection counts towards its user's cap again. */
  count(connection: Connection): void {
    if (connection.user !== null && this.#uncounted.delete(connection)) raise(this.#countedByUser, connection.user, 1)
  }

  /** The connection no longer counts towards its user's cap: a newer one of its session does. */
  uncount(connection: Connection): void {
    if (connection.user === null || this.#uncounted.has(connection)) return
    this.#uncounted.add(connection)
    raise(this.#countedByUser, connection.user, -1)
  }

  /** Distinct users with a connection. */
  get users(): number {
    return this.#byUser.size
  }

  of(user: string): Iterable<Connection> {
    const own = this.#byUser.get(user)
    return own === undefined ? [] : own instanceof Set ? own : [own]
  }

  /** The user's connections as the cap counts them: the older and the newer one of a session are one. */
  countOfUser(user: string): number {
    return this.#countedByUser.get(user) ?? 0
  }

  /** The connections of an address group. */
  countOfAddress(group: string): number {
    return this.#byAddress.get(group) ?? 0
  }
}

function raise(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
