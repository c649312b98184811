/** Where the control plane logs: lifecycle and failures, never bodies or secrets. */
export abstract class ControlLog {
  abstract info(message: string, facts?: Readonly<Record<string, unknown>>): void
  /** A fault of ours; `facts.error` is logged with its stack. */
  abstract failed(message: string, facts: Readonly<Record<string, unknown>>): void
}
