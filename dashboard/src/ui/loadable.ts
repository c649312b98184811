/** What a panel can be given to show: a value, its absence, or why it could not be loaded. */
export interface Loadable<T> {
  readonly value: T | undefined
  readonly failure: { readonly status: number; readonly message: string; readonly requestId: string | null } | null
  /** When the value arrived, Unix time in ms; null before the first answer. */
  readonly asOf: number | null
  retry(): void
}
