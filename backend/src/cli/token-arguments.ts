import { isRoomPattern, type Right, rights } from '@gatehouse/protocol'
import { parseSpan } from '@gatehouse/protocol/rest'
import { parseArgs } from 'node:util'
import { UsageFault } from './run-command.js'

export interface TokenArguments {
  readonly subject: string
  readonly rooms: Readonly<Record<string, readonly Right[]>>
  readonly lifetimeMs: number
}

export const TOKEN_USAGE = "npm run -s token -- --sub alice --rooms 'chat:*=join,publish;news=join' [--ttl 1h]"

const LONGEST_LIFETIME_MS = 30 * 86_400_000

/** @throws UsageFault with the argument at fault and the usage */
export function readTokenArguments(args: readonly string[]): TokenArguments {
  const { sub, rooms, ttl } = parsed(args)
  if (sub === undefined || sub === '' || sub.length > 255)
    throw usage('--sub must name the user, in at most 255 characters')
  if (rooms === undefined) throw usage('--rooms must say which rooms the token gives access to')
  const lifetimeMs = parseSpan(ttl)
  if (lifetimeMs === undefined || lifetimeMs < 1000 || lifetimeMs > LONGEST_LIFETIME_MS) {
    throw usage(`--ttl ${ttl} is not a duration from 1s to 30d, such as 15m or 1h`)
  }
  return { subject: sub, rooms: readRooms(rooms), lifetimeMs }
}

function parsed(args: readonly string[]): { sub?: string | undefined; rooms?: string | undefined; ttl: string } {
  try {
    const options = {
      sub: { type: 'string' },
      rooms: { type: 'string' },
      ttl: { type: 'string', default: '1h' },
    } as const
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw usage((error as Error).message)
  }
}

/** `chat:*=join,publish;news=join`: patterns with their rights; the rights of a repeated pattern are merged. */
function readRooms(text: string): Record<string, Right[]> {
  const rooms: Record<string, Right[]> = {}
  for (const part of text.split(';').filter((piece) => piece.trim() !== '')) {
    const [pattern = '', names = ''] = part.split('=').map((piece) => piece.trim())
    const isPattern: boolean = isRoomPattern(pattern)
    if (!isPattern) throw usage(`--rooms: ${pattern} is not a room pattern`)
    const known = names.split(',').map((name) => name.trim())
    const strange = known.find((name) => !(rights as readonly string[]).includes(name))
    if (strange !== undefined) throw usage(`--rooms: ${pattern} asks for "${strange}"; rights are ${rights.join(', ')}`)
    rooms[pattern] = [...new Set([...(rooms[pattern] ?? []), ...(known as Right[])])]
  }
  if (Object.keys(rooms).length === 0) throw usage('--rooms names no room')
  return rooms
}

const usage = (fault: string): UsageFault => new UsageFault(`${fault}.\nUsage: ${TOKEN_USAGE}`)
