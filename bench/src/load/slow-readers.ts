import { setTimeout as wait } from 'node:timers/promises'
import type { SlowReadersMeasured, SlowReadersOrder } from './commands.ts'
import { closeCrowd, eachAtOnce, openCrowd } from './crowd.ts'
import { requestFrame } from './dialect.ts'
import { Latencies } from './latencies.ts'
import { Meter } from './meter.ts'
import { startPublishing } from './publishing.ts'
import type { LoadClient } from './load-client.ts'
import { ageMs, stampedPayload } from './stamp.ts'

const ROOM = 'bench:slow'
/** Only the members that will stop join it: it fills the buffers between them and the server. */
const FEED = 'bench:feed'
const PUBLISHERS = 4
/** One in this many of the members that keep reading measures the latency of its messages. */
const SAMPLED_EVERY = 5

/** Offers messages to a full room, then lets some members stop reading, and times what the others get before and after. */
export async function slowReaders(order: SlowReadersOrder): Promise<SlowReadersMeasured> {
  const { target, stalled } = order
  const members = await openCrowd(target, 'member', order.members, () => ROOM)
  const publishers = await openCrowd(target, 'publisher', PUBLISHERS)
  let latencies: Latencies | undefined
  const sample = (bytes: Buffer, start: number, length: number): void => {
    const age = latencies === undefined ? undefined : ageMs(bytes, start, length)
    if (age !== undefined) latencies?.add(age)
  }
  // Spread over the room, so that the server comes to them between members that keep reading.
  const every = Math.floor(members.length / stalled)
  const stopping = new Set(members.filter((_, i) => i % every === 0).slice(0, stalled))
  const reading = members.filter((member) => !stopping.has(member))
  await eachAtOnce([...stopping], stalled, async (member) => {
    await member.ask(2, 'join', { room: FEED })
    member.countOnly()
  })
  for (const [i, member] of reading.entries()) member.countOnly(i % SAMPLED_EVERY === 0 ? sample : undefined)
  const publishing = [
    startPublishing(order.messagesPerSecond, (message) => publish(publishers[message % PUBLISHERS], ROOM)),
    startPublishing(order.feedPerSecond, () => publish(publishers[0], FEED, order.feedBytes)),
  ]
  await wait(order.warmMs)
  const meter = new Meter(target)
  const before = (latencies = new Latencies())
  await wait(order.beforeMs)
  for (const member of stopping) member.stopReading()
  const during = (latencies = new Latencies())
  await wait(order.duringMs)
  latencies = undefined
  for (const each of publishing) each.stop()
  const effort = meter.effort()
  for (const member of stopping) member.cut()
  await closeCrowd([...reading, ...publishers])
  return { before: before.quantiles, during: during.quantiles, ...effort }
}

function publish(publisher: LoadClient | undefined, room: string, bytes?: number): void {
  publisher?.write(requestFrame('gatehouse', 'publish', { room, data: stampedPayload(bytes) }))
}
