import type { FaultPlan } from '../../infra/memory/bus-faults.js'

/** Ways in which the bus may behave without any effect on the core: what passes with one must pass with all. */
export const busModes: readonly { readonly mode: string; readonly faults?: Omit<FaultPlan, 'random'> }[] = [
  { mode: 'a bus that completes at once' },
  { mode: 'a bus that completes late', faults: { late: true, reorder: false, errors: false } },
  { mode: 'a bus that completes late and reorders rooms', faults: { late: true, reorder: true, errors: false } },
]
