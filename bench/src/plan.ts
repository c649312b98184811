import { fanOutCases, type FanOutCase } from './fan-out-cases.ts'

/** The sizes of one bench. */
export interface BenchPlan {
  /** Fresh servers for each; the tables show medians. */
  readonly repetitions: number
  readonly fanOut: readonly FanOutCase[]
  /** What the rest of wide rooms is measured with, and its settings: shares of the event loop. */
  readonly rest: { readonly settings: readonly number[]; readonly fanOut: readonly FanOutCase[] }
  /** Members of the room whose readers stop. */
  readonly members: number
  readonly warmMs: number
  readonly measureMs: number
  readonly echoConnections: number
  readonly echoOutstanding: number
  /** Long, because this load is the first that keeps a server busy: compilers work beside it for its first seconds. */
  readonly echoWarmMs: number
  readonly connects: number
  readonly connectsAtOnce: number
  /** Idle connections that are opened to measure the memory of one. */
  readonly idle: number
  /** How long they are held before memory is read, so that garbage collection settles. */
  readonly idleMs: number
  readonly slowReaders: {
    readonly stalled: number
    readonly messagesPerSecond: number
    readonly feedPerSecond: number
    readonly feedBytes: number
    readonly beforeMs: number
    /** Long enough that the buffers fill, the node queues, and the slow members are closed. */
    readonly duringMs: number
  }
  readonly rejoin: {
    readonly clients: number
    readonly rooms: number
    readonly roomsEach: number
    readonly missedEach: number
    readonly messagesPerSecond: number
  }
}

/** The rest saves CPU at the second and costs latency at the first. Shorter than beside others: there are many settings. */
const restCases = fanOutCases
  .filter(({ name }) => name === 'at50' || name === 'at200')
  .map((each) => ({ ...each, measureMs: each.measureMs / 2 }))

/** About 24 minutes on two cores: per run five for the servers, one and a half each for idle memory and the rest. */
export const FULL_PLAN: BenchPlan = {
  repetitions: 3,
  fanOut: fanOutCases,
  rest: { settings: [0, 0.25, 0.5, 0.75, 1], fanOut: restCases },
  members: 1000,
  warmMs: 1000,
  measureMs: 3000,
  echoConnections: 50,
  echoOutstanding: 4,
  echoWarmMs: 3000,
  connects: 6000,
  connectsAtOnce: 32,
  idle: 8000,
  idleMs: 5000,
  slowReaders: {
    stalled: 50,
    messagesPerSecond: 20,
    feedPerSecond: 20,
    feedBytes: 40_000,
    beforeMs: 6000,
    duringMs: 10_000,
  },
  rejoin: { clients: 1000, rooms: 100, roomsEach: 10, missedEach: 10, messagesPerSecond: 50 },
}

/** For two checkouts: enough runs to judge a few per cent. About twenty minutes on two cores; the rest is not measured. */
export const COMPARISON_PLAN: BenchPlan = { ...FULL_PLAN, repetitions: 5 }

/** Short and small, without what opens thousands of connections and without a second slow rate. */
const quickly = (cases: readonly FanOutCase[]): FanOutCase[] =>
  cases
    .filter(({ name }) => name !== 'at20' && name !== 'wideRoom' && name !== 'manyRooms')
    .map((each) => ({
      ...each,
      membersEach: Math.min(each.membersEach, 200),
      warmMs: Math.min(each.warmMs, 200),
      measureMs: 600,
    }))

/** About a minute. Shows that the bench works; the figures mean little. */
export const QUICK_PLAN: BenchPlan = {
  ...FULL_PLAN,
  repetitions: 1,
  fanOut: quickly(fanOutCases),
  rest: { settings: [0.5], fanOut: quickly(restCases) },
  members: 200,
  warmMs: 200,
  measureMs: 600,
  echoWarmMs: 200,
  connects: 300,
  idle: 500,
  idleMs: 500,
  slowReaders: { ...FULL_PLAN.slowReaders, stalled: 10, feedPerSecond: 60, beforeMs: 1000, duringMs: 3000 },
  rejoin: { ...FULL_PLAN.rejoin, clients: 100 },
}
