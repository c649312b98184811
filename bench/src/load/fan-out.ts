import { setTimeout as wait } from 'node:timers/promises'
import { SETTLE_SECONDS, type FanOutOrder, type Measured } from './commands.ts'
import { closeCrowd, openCrowd } from './crowd.ts'
import { requestFrame } from './dialect.ts'
import { Latencies } from './latencies.ts'
import { Meter, settledCount } from './meter.ts'
import { startPublishing } from './publishing.ts'
import { ageMs, stampedPayload } from './stamp.ts'

/** With a thousand rooms each sends to 125 of them: Gatehouse keeps 128 grants for a connection that is no member. */
const PUBLISHERS = 8
/**
 * One in this many members measures the latency of its messages. Members of a room are neighbours, and no size of a room
 * is a multiple of it: so the first and the last of a room are sampled alike.
 */
const SAMPLED_EVERY = 21

/** Offers messages to full rooms at a fixed rate, to each in turn, and counts what their members get. */
export async function fanOut(order: FanOutOrder): Promise<Measured> {
  const { target, rooms, membersEach, messagesPerSecond } = order
  const roomOf = (member: number): string => `bench:crowd-${Math.floor(member / membersEach)}`
  const members = await openCrowd(target, 'member', rooms * membersEach, roomOf)
  const publishers = await openCrowd(target, 'publisher', PUBLISHERS)
  const latencies = new Latencies()
  let isMeasuring = false
  for (const [i, member] of members.entries()) {
    const sample = (bytes: Buffer, start: number, length: number): void => {
      const age = isMeasuring ? ageMs(bytes, start, length) : undefined
      if (age !== undefined) latencies.add(age)
    }
    member.countOnly(i % SAMPLED_EVERY === 0 ? sample : undefined)
  }
  const deliveries = (): number => members.reduce((sum, { reader }) => sum + reader.texts, 0)
  const before = deliveries()
  const publishing = startPublishing(messagesPerSecond, (message) =>
    publishers[message % PUBLISHERS]?.write(
      requestFrame(target.dialect, 'publish', {
        room: `bench:crowd-${message % rooms}`,
        data: stampedPayload(),
      }),
    ),
  )
  if (order.warmMs > 0) await wait(order.warmMs)
  isMeasuring = true
  const publishedBefore = publishing.published
  const meter = new Meter(target, deliveries)
  await wait(order.measureMs)
  const measured = meter.stop(latencies, { published: publishing.published - publishedBefore, membersEach })
  isMeasuring = false
  const published = publishing.stop()
  const deliveredInAll = (await settledCount(deliveries, SETTLE_SECONDS * 1000)) - before
  await closeCrowd([...members, ...publishers])
  return { ...measured, published, deliveredInAll }
}
