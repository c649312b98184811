/** What a client learns of the machine and the page it runs in; tests put their own in its place. */
export interface Environment {
  /** False only where there is certainly no network. */
  isOnline(): boolean
  /** Calls `onWake` when the network came back or the page is seen again; the answer stops that. */
  watch(onWake: (cause: 'online' | 'visible') => void): () => void
}

/** The browser's signs; where there are none, as in Node, always online and never woken. */
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
