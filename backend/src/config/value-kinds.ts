import { isIP } from 'node:net'
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import type { ProxyRange } from '../net/client-address.js'
import type { ValueKind } from './variable.js'

/**
 * `ws` coerces its limits to 32-bit integers: 2^32 becomes 0 and 3 GiB becomes negative, and both mean "no limit". So
 * larger values are refused.
 */
const LARGEST_INTEGER = 2 ** 31 - 1

/** Node's timers take 32-bit milliseconds; a longer one would fire at once. */
const longestDurationMs = LARGEST_INTEGER

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export const port: ValueKind<number> = {
  expected: 'a port from 0 to 65535; 0 picks a free one',
  read: (text) => wholeNumber(text, 0, 65_535),
}

export const host: ValueKind<string> = {
  expected: 'an IP address or a host name to listen on, such as 127.0.0.1 or 0.0.0.0',
  read: (text) => (isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text) ? text : undefined),
}

export const path: ValueKind<string> = {
  expected: 'a path',
  read: (text) => (text === '' || text.includes('\0') ? undefined : resolve(text)),
}

/** A whole number that cannot be switched off. */
export function count(most = LARGEST_INTEGER): ValueKind<number> {
  return { expected: `a whole number from 1 to ${most}`, read: (text) => wholeNumber(text, 1, most) }
}

/** A whole number, or `null` for 0. */
export const countOrNone: ValueKind<number | null> = {
  expected: `a whole number from 1 to ${LARGEST_INTEGER}, or 0 for no limit`,
  read: (text) => noneForZero(wholeNumber(text, 0, LARGEST_INTEGER)),
}

/** A number from 0 to 1. */
export const share: ValueKind<number> = {
  expected: 'a number from 0 to 1, such as 0.5',
  read: (text) => (/^(?:0|1|0?\.\d{1,6}|1\.0{1,6})$/.test(text) ? Number(text) : undefined),
}

/** Milliseconds. */
export function duration(shortest: string, longest: string): ValueKind<number> {
  const [least = 0, most = longestDurationMs] = [readDuration(shortest), readDuration(longest)]
  return {
    expected: `a duration from ${shortest} to ${longest}, written like 25s, 10m or 1h`,
    read: (text) => {
      const ms = readDuration(text)
      return ms !== undefined && ms >= least && ms <= most ? ms : undefined
    },
  }
}

/** Milliseconds, or `null` for 0. */
export const durationOrNone: ValueKind<number | null> = {
  expected: 'a duration of at most 24d, written like 25s, 10m or 1h, or 0 for none',
  read: (text) => noneForZero(readDuration(text)),
}

/** Events per second, or `null` for 0. */
export const rateOrNone: ValueKind<number | null> = {
  expected: 'a rate written like 50/s or 600/m, or 0 for no limit',
  read: (text) => {
    const match = /^(\d{1,9})(?:\/([smh]))?$/.exec(text)
    if (match === null) return undefined
    const [, events = '', unit] = match
    if (unit === undefined) return Number(events) === 0 ? null : undefined
    return noneForZero((Number(events) * 1_000) / (unitMs[unit] ?? 1_000))
  },
}

const unitBytes: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_048_576 }

/** Bytes per second, or `null` for 0. */
export const byteRateOrNone: ValueKind<number | null> = {
  expected: 'a rate written like 256KiB/s, 1MiB/s or 8000B/s, or 0 for no limit',
  read: (text) => {
    if (text === '0') return null
    const [, amount = '', unit = ''] = /^(\d{1,9})(B|KiB|MiB)\/s$/.exec(text) ?? []
    return amount === '' ? undefined : noneForZero(Number(amount) * (unitBytes[unit] ?? 1))
  },
}

export const flag: ValueKind<boolean> = {
  expected: '"on" or "off"',
  read: (text) => (text === 'on' ? true : text === 'off' ? false : undefined),
}

export function oneOf<const T extends string>(...values: readonly T[]): ValueKind<T> {
  return {
    expected: `one of ${values.join(', ')}`,
    read: (text) => values.find((value) => value === text),
  }
}

/** A comma-separated list of entries of `kind`; empty entries are left out. */
export function listOf<T>(kind: ValueKind<T>): ValueKind<readonly T[]> {
  return {
    expected: `a comma-separated list, each entry ${kind.expected}`,
    read: (text) => {
      const values: T[] = []
      for (const entry of text.split(',').map((part) => part.trim())) {
        if (entry === '') continue
        const value = kind.read(entry)
        if (value === undefined) return undefined
        values.push(value)
      }
      return values
    },
  }
}

export const origin: ValueKind<string> = {
  expected: 'an origin such as https://app.example.com, without a path',
  read: (text) => {
    const url = URL.parse(text)
    return url !== null && /^https?:$/.test(url.protocol) && url.origin === text ? text : undefined
  },
}

const namedRanges: Readonly<Record<string, readonly ProxyRange[]>> = {
  loopback: [
    ['127.0.0.0', 8],
    ['::1', 128],
  ],
  private: [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['fc00::', 7],
  ],
}

const addressRange: ValueKind<readonly ProxyRange[]> = {
  expected: 'an address, a range such as 10.0.0.0/8, or the word loopback or private',
  read: (text) => {
    const named = Object.hasOwn(namedRanges, text) ? namedRanges[text] : undefined
    if (named !== undefined) return named
    if (isIP(text) !== 0) return [[text, isIP(text) === 4 ? 32 : 128]]
    if (isIP(text.split('/')[0] ?? '') === 0 || !ipaddr.isValidCIDR(text)) return undefined
    const [network, prefixLength] = ipaddr.parseCIDR(text)
    return [[network.toString(), prefixLength]]
  },
}

const addressRangeLists = listOf(addressRange)

/** Address ranges; named ones are expanded. */
export const addressRanges: ValueKind<readonly ProxyRange[]> = {
  expected: addressRangeLists.expected,
  read: (text) => addressRangeLists.read(text)?.flat(),
}

/** A URL with one of the given schemes; its text may contain a password. */
export function urlWith(...schemes: readonly string[]): ValueKind<string> {
  return {
    expected: `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    read: (text) => {
      const scheme = schemes.find((candidate) => text.startsWith(`${candidate}://`))
      if (scheme === undefined) return undefined
      // The URL parser refuses a comma-separated list of hosts; such a text is checked when it is used to connect.
      return text.includes(',') || URL.parse(text) !== null ? text : undefined
    },
  }
}

const SAMPLES = /change.?me|your.?(256|secret|key)|secret.?key|example|sample|password|0123456789|1234567890|abcdefgh/i

/** A secret that nobody can guess: long enough, not repetitive and not from a tutorial. */
export const secret: ValueKind<string> = {
  expected:
    'at least 32 random bytes and not an example; make one with: node -p "crypto.randomBytes(32).toString(\'base64url\')"',
  read: (text) => (Buffer.byteLength(text) >= 32 && new Set(text).size >= 10 && !SAMPLES.test(text) ? text : undefined),
}

/** A name for use in logs, lists and file names. */
export const nodeName: ValueKind<string> = {
  expected: '1 to 64 letters, digits, dots, dashes or underscores',
  read: (text) => (/^[A-Za-z0-9_.-]{1,64}$/.test(text) ? text : undefined),
}

/** A cookie's name as RFC 6265 defines it. */
export const cookieName: ValueKind<string> = {
  expected: "a cookie's name: 1 to 64 letters, digits or !#$%&'*+-.^_`|~",
  read: (text) => (/^[!#$%&'*+\-.0-9A-Z^_`|a-z~]{1,64}$/.test(text) ? text : undefined),
}

/** Any text that is not empty. */
export const text: ValueKind<string> = {
  expected: 'some text',
  read: (value) => (value === '' ? undefined : value),
}

function wholeNumber(digits: string, least: number, most: number): number | undefined {
  if (!/^\d{1,10}$/.test(digits)) return undefined
  const value = Number(digits)
  return value >= least && value <= most ? value : undefined
}

function readDuration(written: string): number | undefined {
  const match = /^(\d{1,10})(ms|s|m|h|d)?$/.exec(written)
  if (match === null) return undefined
  const [, amount = '', unit] = match
  if (unit === undefined) return Number(amount) === 0 ? 0 : undefined
  const ms = Number(amount) * (unitMs[unit] ?? 1)
  return ms <= longestDurationMs ? ms : undefined
}

function noneForZero(value: number | undefined): number | null | undefined {
  return value === 0 ? null : value
}
