/**
 * Why a figure says less than it seems to. `saturated`: the server had reached its limit, and latencies tell how long the
 * load lasted. `disturbed`: other work on the machine or the load process itself may have been the bottleneck.
 */
export type Mark = 'saturated' | 'disturbed'

/** CPU that a measurement of `seconds` took, milliseconds. */
export interface CpuTaken {
  readonly seconds: number
  /** CPU of the server in that time. */
  readonly serverCpuMs: number
  /** CPU of the load process in that time. */
  readonly loadCpuMs: number
  /**
   * CPU of everything else on the machine in that time, and what its host took from it. The database that a node starts
   * is its own work, and counts nowhere.
   */
  readonly otherCpuMs: number
}

/** Deliveries of a fan-out. */
export interface Arrival {
  readonly done: number
  /** Deliveries that the messages published in the same time make. */
  readonly offered: number
  /** Members of each room: the deliveries of one message. */
  readonly membersEach: number
}

/** From this share of a core on, a server or the load process counts as saturated. */
export const SATURATED_PERCENT = 95
/** A server that keeps up is behind by its latency only: one message, or two in a hundred. */
export const LEAST_ARRIVED_PERCENT = 97
/**
 * Measured at full load on two cores: 3 to 5 % of a core without other work, and half a core or more with it. What little
 * remains is the bench itself, the kernel's own threads and the rounding of /proc. The network adds nothing, because the
 * kernel charges it to the process that it interrupts.
 */
export const MOST_OTHER_PERCENT = 15

export function marksOf(taken: CpuTaken, arrival?: Arrival): Mark[] {
  const percent = (cpuMs: number): number => cpuMs / 10 / taken.seconds
  const isSaturated = percent(taken.serverCpuMs) >= SATURATED_PERCENT || (arrival !== undefined && isBehind(arrival))
  const isDisturbed = percent(taken.otherCpuMs) > MOST_OTHER_PERCENT || percent(taken.loadCpuMs) > SATURATED_PERCENT
  return [...(isSaturated ? (['saturated'] as const) : []), ...(isDisturbed ? (['disturbed'] as const) : [])]
}

/** The last message may still be on its way, however fast the server is. */
function isBehind({ done, offered, membersEach }: Arrival): boolean {
  return done < ((offered - membersEach) * LEAST_ARRIVED_PERCENT) / 100
}
