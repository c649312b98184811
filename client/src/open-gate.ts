import { RequestError } from './request-error.js'

/** Where requests wait for the connection, and what they are told when it is closed. */
export class OpenGate {
  #waiting: PromiseWithResolvers<void> | undefined
  #end: { readonly error: RequestError; readonly isTerminal: boolean } | undefined

  /** Why nothing can be sent. */
  get error(): RequestError {
    return this.#end?.error ?? new RequestError('disconnected', 'the connection is closed')
  }
  /** The server said to stay away. */
  get isTerminal(): boolean {
    return this.#end?.isTerminal === true
  }

  /** Resolves at the next opening; rejects when it is shut before. */
  wait(): Promise<void> {
    this.#waiting ??= Promise.withResolvers<void>()
    return this.#waiting.promise
  }

  open(): void {
    this.#waiting?.resolve()
    this.#waiting = undefined
  }

  shut(error: RequestError, isTerminal: boolean): void {
    this.#end = { error, isTerminal }
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }

  /** It is being opened again. */
  forget(): void {
    this.#end = undefined
  }
}
