/**
 * The group in which limits count an address: IPv4 as it is, IPv6 by its /64. An IPv4 address mapped into IPv6
 * (`::ffff:1.2.3.4`) counts as IPv4. Text that is not an address counts as itself.
 */
export function addressGroup(address: string): string {
  const plain = plainAddress(address)
  const groups = ipv6Groups(plain)
  return groups === null ? plain : `${groups.slice(0, 4).join(':')}::/64`
}

/** The prefix that records keep or count by: /24 of IPv4, /48 of IPv6. */
export function addressPrefix(address: string): string {
  const plain = plainAddress(address)
  const groups = ipv6Groups(plain)
  if (groups !== null) return `${groups.slice(0, 3).join(':')}::/48`
  const parts = plain.split('.')
  return parts.length === 4 ? `${parts.slice(0, 3).join('.')}.0/24` : plain
}

/** An address as RECORD_IP lets records show it. */
export function recordedAddress(address: string, keep: 'full' | 'prefix' | 'none'): string | null {
  if (keep === 'none') return null
  return keep === 'full' ? plainAddress(address) : addressPrefix(address)
}

/** Whether an address is this machine's own: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address)
  if (/^127\.\d+\.\d+\.\d+$/.test(plain)) return true
  const groups = ipv6Groups(plain)
  return groups !== null && groups.every((group, i) => group === (i === 7 ? '1' : '0'))
}

/** Without a zone; a mapped IPv4 address as IPv4. */
function plainAddress(address: string): string {
  const zone = address.indexOf('%')
  const bare = (zone < 0 ? address : address.slice(0, zone)).toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)
  return mapped?.[1] ?? bare
}

/** The eight groups of an IPv6 address without leading zeros; null if it is not one. */
function ipv6Groups(address: string): string[] | null {
  if (!address.includes(':')) return null
  const halves = address.split('::')
  if (halves.length > 2) return null
  const front = groupsOf(halves[0] as string)
  const back = halves[1] === undefined ? [] : groupsOf(halves[1])
  const missing = 8 - front.length - back.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const groups = [...front, ...Array.from({ length: missing }, () => '0'), ...back]
  return groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))
    ? groups.map((group) => group.replace(/^0+(?=.)/, ''))
    : null
}

function groupsOf(half: string): string[] {
  if (half === '') return []
  return half.split(':').flatMap((group) => {
    const dotted = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(group)
    if (dotted === null) return [group]
    const [a, b, c, d] = dotted.slice(1).map(Number) as [number, number, number, number]
    return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)]
  })
}
