// A process of its own, so that the clients take no CPU time from the server's core. Takes one order at a time.
import { connects } from './connects.ts'
import type { Answer, Order, ResultOf } from './commands.ts'
import { closeCrowd, openCrowd } from './crowd.ts'
import { echo } from './echo.ts'
import { fanOut } from './fan-out.ts'
import type { LoadClient } from './load-client.ts'
import { rejoin } from './rejoin.ts'
import { slowReaders } from './slow-readers.ts'

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

async function carryOut(order: Order): Promise<ResultOf<Order>> {
  switch (order.kind) {
    case 'fanOut':
      return fanOut(order)
    case 'echo':
      return echo(order)
    case 'connects':
      return connects(order)
    case 'slowReaders':
      return slowReaders(order)
    case 'rejoin':
      return rejoin(order)
    case 'hold':
      held = [...held, ...(await openCrowd(order.target, `idle-${held.length}`, order.count, () => 'bench:idle'))]
      break
    case 'release':
      await closeCrowd(held)
      held = []
  }
  return held.length
}
