// A process of its own, so that what the clients cost is never taken from the server's core. Takes one order at a time.
import { connects } from './connects.ts'
import type { Answer, Measured, Order } from './commands.ts'
import { closeCrowd, openCrowd } from './crowd.ts'
import { echo } from './echo.ts'
import { fanOut } from './fan-out.ts'
import { Latencies } from './latencies.ts'
import type { LoadClient } from './load-client.ts'

let held: LoadClient[] = []

process.on('message', (order: Order) => {
  carryOut(order).then(
    (measured) => answer({ measured }),
    (error: unknown) => answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
process.once('disconnect', () => process.exit(0))

function answer(text: Answer): void {
  process.send?.(text)
}

async function carryOut(order: Order): Promise<Measured> {
  switch (order.kind) {
    case 'fanOut':
      return fanOut(order)
    case 'echo':
      return echo(order)
    case 'connects':
      return connects(order)
    case 'hold':
      held = [...held, ...(await openCrowd(order.target, `idle-${held.length}`, order.count, 'bench:idle'))]
      break
    case 'release':
      await closeCrowd(held)
      held = []
  }
  return { done: held.length, seconds: 0, serverCpuMs: 0, loadCpuMs: 0, latencyMs: new Latencies().quantiles }
}
