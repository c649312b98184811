import { BlockList, isIP, isIPv6 } from 'node:net'
import type { BanRequest } from '@gatehouse/protocol/rest'
import type { Connection } from '../../realtime/connections/connection.js'
import type { Hub } from '../../realtime/hub.js'
import { badRequest } from '../http/problem.js'

/** Which connections a ban of this user, address or range applies to. */
export function reachOf({ kind, value }: Pick<BanRequest, 'kind' | 'value'>): (connection: Connection) => boolean {
  if (kind === 'user') return (connection) => connection.user === value
  const [network = '', prefix] = value.split('/')
  const isV6 = isIPv6(network)
  const bits = prefix === undefined ? (isV6 ? 128 : 32) : Number(prefix)
  if (isIP(network) === 0 || !Number.isInteger(bits) || bits < 0 || bits > (isV6 ? 128 : 32)) {
    throw badRequest(`${value} is neither an IPv4 or IPv6 address nor a range in CIDR form, such as 203.0.113.0/24.`, [
      { path: 'value', message: 'an address or a range' },
    ])
  }
  const range = new BlockList()
  range.addSubnet(network, bits, isV6 ? 'ipv6' : 'ipv4')
  return ({ openedBy: { address } }) => isIP(address) !== 0 && range.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** How many connections a preview shows as examples. */
const SAMPLE_SIZE = 20

/** The connections that a ban would end now. */
export function previewOf(
  hub: Hub,
  request: Pick<BanRequest, 'kind' | 'value'>,
): { connections: number; users: number; sample: string[] } {
  const meets = reachOf(request)
  const users = new Set<string>()
  const sample: string[] = []
  let connections = 0
  for (const connection of hub.connections.values()) {
    if (!meets(connection)) continue
    connections += 1
    if (connection.user !== null) users.add(connection.user)
    if (sample.length < SAMPLE_SIZE) sample.push(connection.id)
  }
  return { connections, users: users.size, sample }
}
