/** Sessions and who holds them; kept SESSION_LIFE_MS after the last connection. Completes later where it is shared. */
export abstract class SessionStore {
  /**
   * Gives the session `id` to `connection` if it belongs to `subject`, else makes a new one. `previous` is the
   * connection that held it before.
   */
  abstract claim(
    id: string | undefined,
    subject: string,
    connection: string,
    done: (session: { readonly id: string; readonly previous: string | null }) => void,
  ): void
  /** The connection ended; does nothing if another holds the session by now. */
  abstract release(id: string, connection: string): void
}
