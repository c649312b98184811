import ipaddr from 'ipaddr.js'

/** An address or a range of addresses: the first `bits` of `bytes` count. */
export interface AddressRange {
  /** 4 bytes for IPv4, 16 for IPv6; IPv4 written as IPv6 (`::ffff:…`) is IPv4. */
  readonly bytes: readonly number[]
  readonly bits: number
}

/** Parses `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/48`; undefined if the text is neither. Clears host bits. */
export function parseRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/')
  const host = slash === -1 ? text : text.slice(0, slash)
  // Short, octal and hexadecimal forms mean different things to different programs.
  if (!ipaddr.IPv6.isValid(host) && !ipaddr.IPv4.isValidFourPartDecimal(host)) return undefined
  const parsed = ipaddr.parse(host)
  if (parsed instanceof ipaddr.IPv6 && parsed.zoneId !== undefined) return undefined
  const isMapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()
  const bytes = isMapped ? parsed.toIPv4Address().toByteArray() : parsed.toByteArray()
  const width = bytes.length * 8
  if (slash === -1) return { bytes, bits: width }
  const prefix = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(prefix)) return undefined
  const bits = Number(prefix) - (isMapped ? 96 : 0)
  if (bits < 0 || bits > width) return undefined
  return { bytes: mask(bytes, bits), bits }
}

/** The canonical text, without a prefix length for a single address. */
export function formatRange(range: AddressRange): string {
  const address = ipaddr.fromByteArray([...range.bytes]).toString()
  return range.bits === range.bytes.length * 8 ? address : `${address}/${range.bits}`
}

/** Whether one contains the other. */
export function overlaps(a: AddressRange, b: AddressRange): boolean {
  if (a.bytes.length !== b.bytes.length) return false
  const bits = Math.min(a.bits, b.bits)
  return rangeKey(a.bytes, bits) === rangeKey(b.bytes, bits)
}

/** The first `bits` of an address as a map key. */
export function rangeKey(bytes: readonly number[], bits: number): string {
  return String.fromCharCode(...mask(bytes, bits))
}

function mask(bytes: readonly number[], bits: number): number[] {
  return bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - i * 8))
    return byte & ((0xff << (8 - kept)) & 0xff)
  })
}
