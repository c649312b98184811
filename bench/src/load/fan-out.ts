import { setTimeout as wait } from 'node:timers/promises'
import { SETTLE_SECONDS, type FanOutOrder, type Measured } from './commands.ts'
import { closeCrowd, openCrowd } from './crowd.ts'
import { requestFrame } from './dialect.ts'
import { Latencies } from './latencies.ts'
import { Meter, settledCount } from './meter.ts'
import { startPublishing } from './publishing.ts'
import { ageMs, stampedPayload } from './stamp.ts'

const ROOM = 'bench:crowd'
const PUBLISHERS = 8
/** One in this many members measures the latency of its messages. */
const SAMPLED_EVERY = 20

/** Offers messages to a full room at a fixed rate and counts what its members get. */
export async function fanOut(order: FanOutOrder): Promise<Measured> {
  const { target, members: size, messagesPerSecond } = order
  const members = await openCrowd(target, 'member', size, ROOM)
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
      requestFrame(target.dialect, 'publish', { room: ROOM, data: stampedPayload() }),
    ),
  )
  await wait(order.warmMs)
  isMeasuring = true
  const meter = new Meter(target, deliveries)
  await wait(order.measureMs)
  const measured = meter.stop(latencies)
  isMeasuring = false
  const published = publishing.stop()
  const deliveredInAll = (await settledCount(deliveries, SETTLE_SECONDS * 1000)) - before
  await closeCrowd([...members, ...publishers])
  return { ...measured, published, deliveredInAll }
}
