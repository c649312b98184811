import { expect, it } from 'vitest'
import type { Bus, PublishOutcome, StreamMessage } from '../../src/realtime/ports/bus.js'

/** A bus under test, and how to complete everything that is under way. */
export interface BusUnderTest {
  readonly bus: Bus
  readonly settle: () => Promise<void>
  /** Advances the time of the streams. */
  readonly pass: (ms: number) => Promise<void>
}

const message = (data: unknown, key?: string, scope = 'user:alice') =>
  key === undefined
    ? { data: JSON.stringify(data), from: { user: 'alice' } }
    : { data: JSON.stringify(data), from: { user: 'alice' }, key, scope }

/** The contract of every bus that does not fail; call it inside a `describe`. */
export function busContract(start: () => Promise<BusUnderTest>): void {
  async function open(): Promise<
    BusUnderTest & {
      received: Map<string, StreamMessage[]>
      publish: (room: string, given: ReturnType<typeof message>) => Promise<PublishOutcome>
    }
  > {
    const under = await start()
    const received = new Map<string, StreamMessage[]>()
    under.bus.onMessage((room, one) => received.set(room, [...(received.get(room) ?? []), one]))
    const publish = async (room: string, given: ReturnType<typeof message>): Promise<PublishOutcome> => {
      const outcomes: PublishOutcome[] = []
      under.bus.publish(room, given, (outcome) => outcomes.push(outcome))
      await under.settle()
      expect(outcomes).toHaveLength(1)
      return outcomes[0] as PublishOutcome
    }
    return { ...under, received, publish }
  }

  it('[M-1] numbers a room from 1 and delivers to its subscriber in order', async () => {
    const { bus, received, settle } = await open()
    const positions: unknown[] = []
    bus.subscribe('r', (position) => positions.push(position))
    const offsets: number[] = []
    for (let i = 1; i <= 50; i += 1)
      bus.publish('r', message(i), (outcome) => outcome.ok && offsets.push(outcome.offset))
    await settle()
    expect(positions).toEqual([{ epoch: expect.any(String), offset: 0 }])
    expect(offsets).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(received.get('r')?.map(({ offset, data }) => [offset, data])).toEqual(
      offsets.map((offset) => [offset, String(offset)]),
    )
    await bus.close()
  })

  it('delivers no messages of rooms that are not subscribed, but numbers them', async () => {
    const { bus, received, publish, settle } = await open()
    await publish('r', message(1))
    expect(received.size).toBe(0)
    let position: unknown
    bus.subscribe('r', (given) => (position = given))
    await settle()
    expect(position).toMatchObject({ offset: 1 })
    bus.unsubscribe('r')
    expect(await publish('r', message(2))).toMatchObject({ ok: true, offset: 2 })
    expect(received.size).toBe(0)
    await bus.close()
  })

  it('delivers after a subscription exactly the messages after its position', async () => {
    const { bus, received, settle } = await open()
    let offset = -1
    for (let i = 1; i <= 10; i += 1) bus.publish('r', message(i), () => {})
    bus.subscribe('r', (position) => (offset = position?.offset ?? -1))
    for (let i = 11; i <= 20; i += 1) bus.publish('r', message(i), () => {})
    await settle()
    const own = (received.get('r') ?? []).filter((one) => one.offset > offset).map((one) => one.offset)
    expect(own).toEqual(Array.from({ length: 20 - offset }, (_, i) => offset + 1 + i))
    await bus.close()
  })

  it('[M-4] answers a repeated key with the same offset for 5 min, only within its scope and room', async () => {
    const { bus, publish, pass } = await open()
    const first = await publish('r', message('x', 'k'))
    expect(first).toMatchObject({ ok: true, offset: 1, duplicate: false })
    expect(await publish('r', message('x', 'k'))).toEqual({ ...first, duplicate: true })
    expect(await publish('r', message('y', 'k'))).toEqual({ ok: false, error: 'key_conflict' })
    expect(await publish('r', message('y', 'k', 'user:bob'))).toMatchObject({ offset: 2, duplicate: false })
    expect(await publish('other', message('y', 'k'))).toMatchObject({ offset: 1, duplicate: false })
    bus.subscribe('r', () => {})
    await pass(299_000)
    expect(await publish('r', message('x', 'k'))).toEqual({ ...first, duplicate: true })
    await pass(2_000)
    expect(await publish('r', message('y', 'k'))).toMatchObject({ offset: 3, duplicate: false })
    await bus.close()
  })

  it('[M-4] carries bytes unchanged, and distinguishes them from JSON values under a key', async () => {
    const { bus, received, publish, settle } = await open()
    bus.subscribe('r', () => {})
    const bytes = { ...message(1, 'k'), data: '1234', isBytes: true } as const
    const first = await publish('r', bytes)
    expect(await publish('r', bytes)).toEqual({ ...first, duplicate: true })
    expect(await publish('r', message(1234, 'k'))).toEqual({ ok: false, error: 'key_conflict' })
    await publish('r', message(2))
    await settle()
    expect(received.get('r')).toMatchObject([{ data: '1234', isBytes: true }, { data: '2' }])
    expect(received.get('r')?.[1]?.isBytes).toBeUndefined()
    await bus.close()
  })

  it('[M-5] keeps epoch and offset for 60 s without subscribers, longer with one', async () => {
    const { bus, publish, pass, settle } = await open()
    bus.subscribe('held', () => {})
    const [held, left] = [await publish('held', message(1)), await publish('left', message(1))]
    await pass(50_000)
    expect(await publish('left', message(2))).toMatchObject({ epoch: left.ok && left.epoch, offset: 2 })
    await pass(70_000)
    const again = await publish('left', message(3))
    expect(again).toMatchObject({ ok: true, offset: 1 })
    expect(again.ok && left.ok && again.epoch !== left.epoch).toBe(true)
    expect(await publish('held', message(2))).toMatchObject({ epoch: held.ok && held.epoch, offset: 2 })
    await settle()
    await bus.close()
  })

  it('[M-5] starts a new epoch when a room is cleared', async () => {
    const { bus, publish } = await open()
    bus.subscribe('r', () => {})
    const before = await publish('r', message(1))
    bus.clear('r')
    const after = await publish('r', message(2))
    expect(after).toMatchObject({ ok: true, offset: 1 })
    expect(before.ok && after.ok && before.epoch !== after.epoch).toBe(true)
    await bus.close()
  })

  it('reports the new position between the earlier messages and the later ones', async () => {
    const { bus, received, settle } = await open()
    bus.subscribe('r', () => {})
    for (let i = 1; i <= 3; i += 1) bus.publish('r', message(i), () => {})
    const seen: unknown[] = []
    bus.clear('r', (position) => seen.push(position, received.get('r')?.length ?? 0))
    bus.publish('r', message(4), () => {})
    await settle()
    const messages = received.get('r') ?? []
    const epochs = messages.map(({ epoch }) => epoch)
    expect(messages.map(({ offset }) => offset)).toEqual([1, 2, 3, 1])
    expect(seen).toEqual([{ epoch: epochs[3], offset: 0 }, 3])
    expect(new Set(epochs).size).toBe(2)
    await bus.close()
  })

  it('completes calls to many rooms once each, in any order', async () => {
    const { bus, received, settle } = await open()
    let done = 0
    for (let i = 0; i < 40; i += 1) bus.subscribe(`r${i}`, () => (done += 1))
    for (let round = 0; round < 5; round += 1) {
      for (let i = 0; i < 40; i += 1) bus.publish(`r${i}`, message(round), () => (done += 1))
    }
    await settle()
    expect(done).toBe(40 * 6)
    for (const messages of received.values()) expect(messages.map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5])
    await bus.close()
  })
}
