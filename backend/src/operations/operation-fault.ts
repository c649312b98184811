/** Why the engine refused an order, as the stable word a program can act on. */
export type OperationFaultCode =
  | 'kind_not_built'
  | 'invalid_request'
  | 'invalid_filter'
  | 'node_unknown'
  | 'plan_not_found'
  | 'plan_expired'
  | 'plan_changed'
  | 'operation_running'
  | 'operation_not_found'
  | 'not_in_this_state'
  | 'last_ready_node'
  | 'store_unavailable'

const status: Readonly<Record<OperationFaultCode, number>> = {
  kind_not_built: 400,
  invalid_request: 400,
  invalid_filter: 400,
  node_unknown: 404,
  plan_not_found: 404,
  plan_expired: 409,
  plan_changed: 409,
  operation_running: 409,
  operation_not_found: 404,
  not_in_this_state: 409,
  last_ready_node: 409,
  store_unavailable: 503,
}

/** An order that the engine does not carry out. `message` says what happened and what to do; `status` is for REST. */
export class OperationFault extends Error {
  readonly code: OperationFaultCode
  readonly status: number

  constructor(code: OperationFaultCode, message: string) {
    super(message)
    this.name = 'OperationFault'
    this.code = code
    this.status = status[code]
  }
}
