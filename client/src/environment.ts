/** What a client knows about the machine and the page it runs in; tests supply their own. */
export interface Environment {
  /** False only where there is certainly no network. */
  isOnline(): boolean
  /** Calls `onWake` when the network is back or the page is visible again; the returned function stops that. */
  watch(onWake: (cause: 'online' | 'visible') => void): () => void
}

/** The browser's signals. Without them, as in Node, it is always online and never woken. */
export const systemEnvironment: Environment = {
  isOnline: () => (globalThis.navigator as Partial<Navigator> | undefined)?.onLine !== false,
  watch: (onWake) => {
    const page = globalThis.document as Document | undefined
    const online = (): void => onWake('online')
    const visible = (): void => {
      if (page?.visibilityState === 'visible') onWake('visible')
    }
    // Node has no such function on its global object; workers have it, and no document.
    globalThis.addEventListener?.('online', online)
    page?.addEventListener('visibilitychange', visible)
    return () => {
      globalThis.removeEventListener?.('online', online)
      page?.removeEventListener('visibilitychange', visible)
    }
  },
}
