import { reconnectDelayMs } from '@gatehouse/client'
import { setTimeout as wait } from 'node:timers/promises'
import type { RejoinMeasured, RejoinOrder, Target } from './commands.ts'
import { benchTokens, closeCrowd, eachAtOnce, openCrowd } from './crowd.ts'
import { requestFrame } from './dialect.ts'
import { Latencies } from './latencies.ts'
import { LoadClient } from './load-client.ts'
import { Meter } from './meter.ts'
import { startPublishing } from './publishing.ts'
import { answered, type Asked, type JoinResult, outcomeOf, sessionIn } from './rejoin-reply.ts'
import { stampedPayload } from './stamp.ts'

const PUBLISHERS = 8
const AT_ONCE = 64
/** How long the clients are away, so that the server has finished with their old connections. */
const AWAY_MS = 1000

interface Member {
  readonly token: string | undefined
  session: string | undefined
  asked: readonly Asked[]
  client: LoadClient | undefined
}

/** Lets a crowd join many rooms, cuts its connections, publishes to every room, and times the return of all clients. */
export async function rejoin(order: RejoinOrder): Promise<RejoinMeasured> {
  const { target } = order
  const rooms = Array.from({ length: order.rooms }, (_, i) => `bench:rejoin-${i}`)
  const publishers = await openCrowd(target, 'publisher', PUBLISHERS)
  await publishToEach(publishers, rooms, 1)
  const members = memberList(order, rooms)
  await eachAtOnce(members, AT_ONCE, joinFirst(target))
  for (const { client } of members) client?.cut()
  await publishToEach(publishers, rooms, order.missedEach)
  await wait(AWAY_MS)
  const publishing = startPublishing(order.messagesPerSecond, (message) =>
    publishers[message % PUBLISHERS]?.write(
      requestFrame(target.dialect, 'publish', { room: rooms[message % rooms.length], data: stampedPayload() }),
    ),
  )
  const meter = new Meter(target)
  const { texts, ...span } = await comeBack(target, members)
  const effort = meter.effort()
  publishing.stop()
  const found = countUp(members, texts)
  await closeCrowd([...publishers, ...members.flatMap(({ client }) => client ?? [])])
  return { clients: members.length, ...found, ...span, ...effort }
}

function memberList(order: RejoinOrder, rooms: readonly string[]): Member[] {
  const apart = Math.floor(rooms.length / order.roomsEach)
  return benchTokens(order.target, 'rejoiner', order.clients).map((token, i) => ({
    token,
    session: undefined,
    client: undefined,
    asked: Array.from({ length: order.roomsEach }, (_, k) => ({ room: rooms[(i + k * apart) % rooms.length] ?? '' })),
  }))
}

const joinFirst =
  (target: Target) =>
  async (member: Member): Promise<void> => {
    member.client = await LoadClient.open(target, member.token)
    member.session = sessionIn(await member.client.ask(1, 'connect', {}))
    const results = answered(await member.client.ask(2, 'join', { rooms: member.asked }))
    member.asked = results.map(({ room, ok, error }): Asked => {
      if (ok === undefined) throw new Error(`the join of ${room} was answered with ${JSON.stringify(error)}`)
      return { room, since: { epoch: ok.epoch, offset: ok.offset } }
    })
    member.client.countOnly()
  }

async function publishToEach(
  publishers: readonly LoadClient[],
  rooms: readonly string[],
  times: number,
): Promise<void> {
  const work = rooms.flatMap((room) => Array.from({ length: times }, () => room)).values()
  await Promise.all(
    publishers.map(async (publisher) => {
      let id = 0
      for (const room of work) {
        const reply = await publisher.ask((id += 1), 'publish', { room, data: stampedPayload() })
        if (!reply.includes('"ok"')) throw new Error(`a publish was answered with ${reply.slice(0, 200)}`)
      }
    }),
  )
}

type Span = Pick<RejoinMeasured, 'ms' | 'latencyMs' | 'from' | 'to'> & { readonly texts: readonly string[] }

/**
 * Reconnects each client after the wait that the SDK would choose. Replies are kept as text and parsed later, so that
 * parsing does not delay the clients that are still on their way.
 */
async function comeBack(target: Target, members: readonly Member[]): Promise<Span> {
  const latencies = new Latencies()
  const from = Date.now()
  const startedAt = performance.now()
  const texts = await Promise.all(
    members.map(async (member, i) => {
      await wait(reconnectDelayMs(0, i / members.length))
      const openedAt = performance.now()
      member.client = await LoadClient.open(target, member.token)
      // Without the right `history`, a room gives back only messages from when the session was in it.
      await member.client.ask(1, 'connect', { session: member.session })
      const text = await member.client.ask(2, 'join', { rooms: member.asked })
      latencies.add(performance.now() - openedAt)
      member.client.countOnly()
      return text
    }),
  )
  return { texts, ms: performance.now() - startedAt, latencyMs: latencies.quantiles, from, to: Date.now() }
}

function countUp(
  members: readonly Member[],
  texts: readonly string[],
): Pick<RejoinMeasured, 'caughtUp' | 'rooms' | 'messages'> {
  const rooms: Record<string, number> = {}
  let caughtUp = 0
  let messages = 0
  for (const [i, { asked }] of members.entries()) {
    const results = answered(texts[i] ?? '')
    const outcomes = asked.map((since, k) => outcomeOf(since, results[k]))
    for (const outcome of outcomes) rooms[outcome] = (rooms[outcome] ?? 0) + 1
    if (outcomes.every((outcome) => outcome === 'recovered')) caughtUp += 1
    messages += results.reduce((sum: number, { ok }: JoinResult) => sum + (ok?.messages?.length ?? 0), 0)
  }
  return { caughtUp, rooms, messages }
}
