import { signToken } from '../../../e2e/src/support/token.ts'
import type { Target } from './commands.ts'
import { LoadClient } from './load-client.ts'

const TOKEN_BYTES = 300
const AT_ONCE = 64

/** A token of 300 bytes for one user. */
function benchToken(secret: string, user: string): string {
  const rooms = { 'bench:*': ['join', 'publish'] as const }
  const bare = signToken(secret, { sub: user, rooms, extra: { jti: '' } })
  const filler = Math.max(0, Math.floor(((TOKEN_BYTES - bare.length) * 3) / 4))
  return signToken(secret, { sub: user, rooms, extra: { jti: 'j'.repeat(filler) } })
}

/** A token for each of `count` users, or undefined for each when the target asks for none. */
export function benchTokens(target: Target, name: string, count: number): (string | undefined)[] {
  const { secret } = target
  return Array.from({ length: count }, (_, i) =>
    secret === undefined ? undefined : benchToken(secret, `${name}-${i}`),
  )
}

/** Runs `work` over all items, `atOnce` at a time. */
export async function eachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}

/**
 * Opens one connection for each of `count` users, and returns them in that order. With `roomOf`, each is a member of its
 * room when it resolves.
 */
export async function openCrowd(
  target: Target,
  name: string,
  count: number,
  roomOf?: (member: number) => string,
): Promise<LoadClient[]> {
  const clients: LoadClient[] = []
  await eachAtOnce([...benchTokens(target, name, count).entries()], AT_ONCE, async ([i, token]) => {
    const client = await LoadClient.open(target, token)
    clients[i] = client
    if (roomOf === undefined) return
    const reply = await client.ask(1, 'join', { room: roomOf(i) })
    if (!reply.includes('"ok"')) throw new Error(`the join was answered with ${reply.slice(0, 200)}`)
  })
  return clients
}

export async function closeCrowd(clients: readonly LoadClient[]): Promise<void> {
  await eachAtOnce(clients, AT_ONCE, (client) => client.close())
}
