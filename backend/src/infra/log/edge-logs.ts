import type { NodeLog } from './node-log.js'

/** The log of the WebSocket edge's own faults (its `EdgeLog`). */
export class EdgeLines {
  constructor(private readonly log: NodeLog) {}

  handlerFailed(facts: {
    readonly connection: string | null
    readonly event: string
    readonly fault: string
    readonly at: string
  }): void {
    this.log.error(facts, 'a handler failed')
  }
}

/** The log of the control plane (its `ControlLog`). */
export class ControlLines {
  constructor(private readonly log: NodeLog) {}

  failed(message: string, facts: Readonly<Record<string, unknown>>): void {
    const { error, ...others } = facts
    this.log.error({ ...others, err: error }, message)
  }
}
