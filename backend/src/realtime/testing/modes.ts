import type { FaultPlan } from '../../infra/memory/bus-faults.js'

/** The ways of the bus that the core must not notice: what runs in one must pass in all. */
export const busModes: readonly { readonly mode: string; readonly faults?: Omit<FaultPlan, 'random'> }[] = [
  { mode: 'a bus that completes at once' },
  { mode: 'a bus that completes late', faults: { late: true, reorder: false, errors: false } },
  { mode: 'a bus that completes late and reorders rooms', faults: { late: true, reorder: true, errors: false } },
]
