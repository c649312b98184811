import { SERVER_NAMES, type ServerName } from './servers.ts'

export type FanOutName = 'cold' | 'at20' | 'at50' | 'at200' | 'wideRoom' | 'someRooms' | 'manyRooms'

/** Messages to rooms full of members, at a fixed rate. */
export interface FanOutCase {
  readonly name: FanOutName
  /** What the tables call it. */
  readonly label: string
  readonly rooms: number
  readonly membersEach: number
  /** To all rooms together. */
  readonly messagesPerSecond: number
  readonly warmMs: number
  readonly measureMs: number
  /** The others leave it out. */
  readonly servers: readonly ServerName[]
  /** When a fresh server gets it: before anything else, before the connects, or after them. */
  readonly turn: 'first' | 'middle' | 'last'
}

/** What all five run: one room, long enough for p99 to be more than one message at 20 a second. */
const common = {
  rooms: 1,
  membersEach: 1000,
  warmMs: 1000,
  measureMs: 8000,
  servers: SERVER_NAMES,
  turn: 'middle',
} as const

/** What is measured beside the yardstick and the fastest of the others only, to keep the bench short. */
const extra = {
  rooms: 1,
  membersEach: 1000,
  warmMs: 1000,
  measureMs: 3000,
  servers: ['plain', 'gorilla', 'gatehouse'],
  turn: 'last',
} as const

/** In the order in which a fresh server gets them, which keeps what comes before the connects alike on all five. */
export const fanOutCases: readonly FanOutCase[] = [
  {
    ...common,
    name: 'cold',
    label: 'fan-out, cold, 50 messages/s',
    messagesPerSecond: 50,
    warmMs: 0,
    measureMs: 3000,
    turn: 'first',
  },
  { ...common, name: 'at20', label: 'fan-out, 20 messages/s', messagesPerSecond: 20 },
  { ...common, name: 'at50', label: 'fan-out, 50 messages/s', messagesPerSecond: 50 },
  { ...common, name: 'at200', label: 'fan-out, 200 messages/s offered', messagesPerSecond: 200, measureMs: 4000 },
  {
    ...extra,
    name: 'wideRoom',
    label: 'fan-out, 5,000 members, 10 messages/s',
    membersEach: 5000,
    messagesPerSecond: 10,
    measureMs: 5000,
  },
  {
    ...extra,
    name: 'someRooms',
    label: 'fan-out, 10 rooms × 100 members, 500 messages/s in all',
    rooms: 10,
    membersEach: 100,
    messagesPerSecond: 500,
  },
  {
    ...extra,
    name: 'manyRooms',
    label: 'fan-out, 1,000 rooms × 5 members, 2,000 messages/s in all',
    rooms: 1000,
    membersEach: 5,
    messagesPerSecond: 2000,
  },
]
