import { setTimeout as wait } from 'node:timers/promises'
import type { EchoOrder, Measured } from './commands.ts'
import { closeCrowd, openCrowd } from './crowd.ts'
import { requestFrame } from './dialect.ts'
import { Latencies } from './latencies.ts'
import type { LoadClient } from './load-client.ts'
import { Meter } from './meter.ts'
import { stampedPayload } from './stamp.ts'

/** Publishes to a room without members. Each reply triggers the next publish. */
export async function echo(order: EchoOrder): Promise<Measured> {
  const { target, connections, outstanding } = order
  const clients = await openCrowd(target, 'echo', connections)
  const frames = Array.from({ length: outstanding }, (_, i) =>
    requestFrame(target.dialect, 'publish', { room: 'bench:empty', data: stampedPayload() }, i + 1),
  )
  await requireOk(clients)
  const latencies = new Latencies()
  let isStopped = false
  let isMeasuring = false
  const begin = (client: LoadClient): void => {
    const sentAt: number[] = []
    let turn = 0
    const send = (): void => {
      sentAt.push(performance.now())
      client.write(frames[turn] as Buffer)
      turn = (turn + 1) % outstanding
    }
    const onReply = (): void => {
      const at = sentAt.shift()
      if (isMeasuring && at !== undefined) latencies.add(performance.now() - at)
      if (!isStopped) send()
    }
    client.countOnly(onReply, { each: true })
    for (let i = 0; i < outstanding; i += 1) send()
  }
  clients.forEach(begin)
  await wait(order.warmMs)
  isMeasuring = true
  const meter = new Meter(target, () => clients.reduce((sum, { reader }) => sum + reader.texts, 0))
  await wait(order.measureMs)
  const measured = meter.stop(latencies)
  isStopped = true
  await closeCrowd(clients)
  return measured
}

/** Checks one publish first: a server that refused them all would look fast. */
async function requireOk(clients: readonly LoadClient[]): Promise<void> {
  const reply = await clients[0]?.ask(99, 'publish', { room: 'bench:empty', data: stampedPayload() })
  if (!reply?.includes('"ok"')) throw new Error(`a publish was answered with ${reply?.slice(0, 200) ?? 'nothing'}`)
}
