/** The control plane's log: failures, never bodies or secrets. */
export abstract class ControlLog {
  /** A fault of ours; `facts.error` is logged with its stack. */
  abstract failed(message: string, facts: Readonly<Record<string, unknown>>): void
}
