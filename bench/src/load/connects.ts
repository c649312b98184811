import type { ConnectsOrder, Measured } from './commands.ts'
import { benchTokens, closeCrowd, eachAtOnce } from './crowd.ts'
import { Latencies } from './latencies.ts'
import { LoadClient } from './load-client.ts'
import { Meter } from './meter.ts'

/** Opens connections as fast as the server takes them and holds them until the last is open. */
export async function connects(order: ConnectsOrder): Promise<Measured> {
  const { target, count, atOnce } = order
  const tokens = benchTokens(target, 'connect', count)
  const latencies = new Latencies()
  const clients: LoadClient[] = []
  const meter = new Meter(target, () => clients.length)
  await eachAtOnce(tokens, atOnce, async (token) => {
    const startedAt = performance.now()
    clients.push(await LoadClient.open(target, token))
    latencies.add(performance.now() - startedAt)
  })
  const measured = meter.stop(latencies)
  await closeCrowd(clients)
  return measured
}
