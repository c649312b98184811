import type {
  CloseReason,
  ConnectOk,
  DirectMessageFrame,
  DropCause,
  Position,
  Push,
  RecoveryFailure,
  RefusalReason,
} from '@gatehouse/protocol'

type PushOf<E extends Push['event']> = Omit<Extract<Push, { event: E }>, 'event'>

/** How one connection ended, and what the client does next. */
export interface Disconnected {
  readonly code: number
  /** Undefined when the server said nothing, as after a cut network. */
  readonly reason: CloseReason | undefined
  /** What happened, in one plain sentence. */
  readonly sentence: string
  /** The id under which the control room knows this close; undefined when the connection never opened. */
  readonly connection: string | undefined
  /** Milliseconds until the next attempt; undefined when there will be none. */
  readonly reconnectInMs: number | undefined
  /** What an operator left for the client. */
  readonly message: string | undefined
}

/** Why an opening was refused, as the server answered when asked. */
export interface Refused {
  readonly status: number
  readonly reason: RefusalReason | undefined
  readonly sentence: string
  readonly reconnectInMs: number | undefined
}

/** Messages of a room that this client will not get. */
export interface Gap {
  readonly room: string
  /** Undefined if the positions before and after are in different epochs. */
  readonly count: number | undefined
  readonly cause: DropCause | RecoveryFailure
}

/** A room is back as if the client had never been away: everything it missed has been handed on, in order. */
export interface Recovered {
  readonly room: string
  /** How many messages were missed. */
  readonly count: number
}

/** A room that the connection has joined, for the first time or again, and where its stream begins. */
export interface Joined extends Position {
  readonly room: string
  /** Joined by the server, not asked for. */
  readonly isGiven: boolean
}

/** A message to this user or this connection, not to a room. */
export type DirectMessage = Pick<DirectMessageFrame, 'data' | 'from'>

export interface ConnectionEvents {
  /** Authenticated: at first, after a reconnect, and after a move to another node. Rooms are rejoined by themselves. */
  open: ConnectOk & { readonly isReconnect: boolean }
  disconnect: Disconnected
  refused: Refused
  drain: PushOf<'drain'>
  notice: PushOf<'notice'>
  left: { readonly room: string; readonly reason: string }
  roomClosed: PushOf<'roomClosed'>
  presence: PushOf<'presence'>
  joined: Joined
  gap: Gap
  recovered: Recovered
  message: DirectMessage
  /** A frame of ours that failed, a frame of the server that could not be read, or a token that is missing. */
  error: { readonly code: string; readonly message: string }
}

type Listener<T> = (event: T) => void

/** Typed events; a listener that throws stops neither the connection nor the listeners after it. */
export class Events {
  readonly #listeners = new Map<keyof ConnectionEvents, Set<Listener<never>>>()

  /** Calls `listener` for each such event until the returned function is called. */
  on<E extends keyof ConnectionEvents>(event: E, listener: Listener<ConnectionEvents[E]>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  emit<E extends keyof ConnectionEvents>(event: E, detail: ConnectionEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? [])
      callGuarded(listener as Listener<ConnectionEvents[E]>, detail)
  }
}

/** Calls code of the application; what it throws becomes an uncaught error of the application, not a fault here. */
export function callGuarded<T>(listener: ((value: T) => void) | undefined, value: T): void {
  try {
    listener?.(value)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
