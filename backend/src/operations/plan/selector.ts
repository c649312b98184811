import { parseFilter, type OperationTarget } from '@gatehouse/protocol/rest'
import type { Connection } from '../../realtime/connections/connection.js'
import { connectionFilter } from './connection-filter.js'
import type { OperationKind } from './drain-pace.js'
import { OperationFault } from '../operation-fault.js'

/**
 * The connections that a target matches now.
 *
 * @throws OperationFault invalid_request, invalid_filter
 */
export function select(
  kind: OperationKind,
  target: OperationTarget,
  connections: ReadonlyMap<string, Connection>,
  now: { readonly wallMs: number; readonly nowMs: number },
): Map<string, Connection> {
  if (kind === 'drain') {
    if (target.filter !== undefined || target.ids !== undefined) {
      throw new OperationFault(
        'invalid_request',
        'A drain takes the whole node: leave filter and ids out, or use disconnect.',
      )
    }
    return new Map(connections)
  }
  if ((target.filter === undefined) === (target.ids === undefined)) {
    throw new OperationFault('invalid_request', 'A disconnect needs either a filter or ids, and not both.')
  }
  if (target.ids !== undefined) return byIds(target.ids, connections)
  return byFilter(target.filter as string, connections, now)
}

function byIds(ids: readonly string[], connections: ReadonlyMap<string, Connection>): Map<string, Connection> {
  const met = new Map<string, Connection>()
  for (const id of ids) {
    const connection = connections.get(id)
    if (connection !== undefined) met.set(id, connection)
  }
  return met
}

function byFilter(
  filter: string,
  connections: ReadonlyMap<string, Connection>,
  now: { readonly wallMs: number; readonly nowMs: number },
): Map<string, Connection> {
  const parsed = parseFilter(filter)
  if (parsed.fault !== undefined)
    throw new OperationFault('invalid_filter', `The filter cannot be read: ${parsed.fault}.`)
  const compiled = connectionFilter(parsed.tokens, now)
  if (compiled.fault !== undefined)
    throw new OperationFault('invalid_filter', `The filter cannot be read: ${compiled.fault}.`)
  const met = new Map<string, Connection>()
  for (const connection of connections.values()) if (compiled.fits(connection)) met.set(connection.id, connection)
  return met
}
