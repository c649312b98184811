import { describe, expect, it } from 'vitest'
import type { Gap, Joined, Recovered } from './events.js'
import { connectOk, joined, message, opened, start, started } from './testing.js'

/** A member of `chat:a` at offset 7 of epoch `e1` that was cut off and is open again, its rejoin not yet answered. */
async function back() {
  const made = await started()
  const heard: unknown[] = []
  const [gaps, recovered]: [Gap[], Recovered[]] = [[], []]
  made.connection.on('gap', (gap) => gaps.push(gap))
  made.connection.on('recovered', (event) => recovered.push(event))
  await joined(made.connection, made.newest, 'chat:a', {
    onMessage: ({ offset }: { offset: number }) => heard.push(offset),
    onRecovered: ({ count }: Recovered) => heard.push(`recovered ${count}`),
    onGap: ({ count, cause }: Gap) => heard.push(`gap ${count} ${cause}`),
  })
  await made.newest().lose(1006)
  await made.clock.pass(250)
  await opened(made.newest, { connection: 'cn_2' })
  const rejoined = (ok: object): Promise<void> =>
    made.newest().reply('join', { ok: { results: [{ room: 'chat:a', ok: { room: {}, epoch: 'e1', ...ok } }] } })
  return { ...made, heard, gaps, recovered, rejoined }
}

const messages = (...offsets: number[]): object[] => offsets.map((offset) => message(offset))

describe('resume', () => {
  it('asks for messages after the position read, with at most 32 rooms in a frame', async () => {
    const { connection, newest, clock } = await started()
    const rooms = Array.from({ length: 33 }, (_, index) => `chat:${index}`)
    for (const room of rooms) await joined(connection, newest, room)
    await newest().frame(message(8, 'chat:0'))
    await newest().lose(1006)
    await clock.pass(250)
    await opened(newest)
    const asked = (): { room: string; since: unknown }[] => newest().last('join').data['rooms'] as never
    expect(asked()).toHaveLength(32)
    expect(
      asked()
        .slice(0, 2)
        .map(({ since }) => since),
    ).toEqual([
      { epoch: 'e1', offset: 8 },
      { epoch: 'e1', offset: 7 },
    ])
    await newest().reply('join', { ok: { results: [] } })
    expect(asked()).toEqual([{ room: 'chat:32', since: { epoch: 'e1', offset: 7 } }])
  })

  it('delivers missed messages in order, says how many there were, and continues with new ones', async () => {
    const { newest, heard, gaps, recovered, rejoined } = await back()
    await rejoined({ offset: 9, recovered: true, messages: messages(8, 9) })
    await newest().frame(message(10))
    expect(heard).toEqual([8, 9, 'recovered 2', 10])
    expect([recovered, gaps]).toEqual([[{ room: 'chat:a', count: 2 }], []])
  })

  it('holds messages that come before the answer until the missed ones are delivered', async () => {
    const { newest, heard, rejoined } = await back()
    await newest().frame(message(10))
    await newest().frame(message(11))
    expect(heard).toEqual([])
    await rejoined({ offset: 10, recovered: true, messages: messages(8, 9, 10) })
    expect(heard).toEqual([8, 9, 10, 'recovered 3', 11])
  })

  it('asks again from the same position when it is cut off before the answer', async () => {
    const { newest, clock, heard, rejoined } = await back()
    await newest().frame(message(10))
    await newest().lose(1006)
    await clock.pass(250)
    await opened(newest)
    expect(newest().last('join').data).toEqual({ rooms: [{ room: 'chat:a', since: { epoch: 'e1', offset: 7 } }] })
    await rejoined({ offset: 10, recovered: true, messages: messages(8, 9, 10) })
    expect(heard).toEqual([8, 9, 10, 'recovered 3'])
  })

  it('accepts an answer without messages', async () => {
    const { newest, heard, rejoined } = await back()
    await rejoined({ offset: 7, recovered: true })
    await newest().frame(message(8))
    expect(heard).toEqual(['recovered 0', 8])
  })

  it.each([
    [{ offset: 900, recovered: false, reason: 'trimmed', missed: 893 }, 'gap 893 trimmed'],
    [{ offset: 12, recovered: false, reason: 'over_limit' }, 'gap 5 over_limit'],
    [{ epoch: 'e2', offset: 3, recovered: false, reason: 'epoch_changed' }, 'gap undefined epoch_changed'],
  ])('says what is lost and why for %j', async (ok, gap) => {
    const { newest, heard, recovered, rejoined } = await back()
    await rejoined(ok)
    await newest().frame(message(ok.offset + 1))
    expect([heard, recovered]).toEqual([[gap, ok.offset + 1], []])
  })

  it('asks separately for a room whose answer did not fit with the others, and then accepts a refusal', async () => {
    const { connection, newest, clock } = await started()
    const heard: unknown[] = []
    connection.on('gap', (gap) => heard.push(gap))
    for (const room of ['chat:a', 'chat:b', 'chat:c'])
      await joined(connection, newest, room, {
        onMessage: ({ offset }: { offset: number }) => heard.push([room, offset]),
      })
    await newest().lose(1006)
    await clock.pass(250)
    await opened(newest)
    const full = { room: {}, epoch: 'e1', offset: 8, recovered: true, messages: [message(8)] }
    const over = { room: {}, epoch: 'e1', offset: 8, recovered: false, reason: 'over_limit', missed: 1 }
    const results = (...oks: [string, object][]) => ({ ok: { results: oks.map(([room, ok]) => ({ room, ok })) } })
    await newest().reply('join', results(['chat:a', full], ['chat:b', over], ['chat:c', over]))
    await newest().frame(message(9, 'chat:b'))
    expect(heard).toEqual([['chat:a', 8]])
    expect(newest().last('join').data).toEqual({ rooms: [{ room: 'chat:b', since: { epoch: 'e1', offset: 7 } }] })
    await newest().reply('join', results(['chat:b', full]))
    expect(newest().last('join').data).toMatchObject({ rooms: [{ room: 'chat:c' }] })
    await newest().reply('join', results(['chat:c', over]))
    expect(heard).toEqual([
      ['chat:a', 8],
      ['chat:b', 8],
      ['chat:b', 9],
      { room: 'chat:c', count: 1, cause: 'over_limit' },
    ])
  })

  it('does not ask again for messages that the server said it dropped', async () => {
    const { connection, newest, clock } = await started()
    await joined(connection, newest, 'chat:a')
    const dropped = { from: 8, to: 11, count: 4, cause: 'slow_consumer' }
    await newest().frame({ event: 'gap', room: 'chat:a', epoch: 'e1', ...dropped })
    await newest().lose(1006)
    await clock.pass(250)
    await opened(newest)
    expect(newest().last('join').data).toEqual({ rooms: [{ room: 'chat:a', since: { epoch: 'e1', offset: 11 } }] })
  })

  it('begins where an earlier page left off', async () => {
    const { connection, newest } = await started()
    const heard: number[] = []
    const room = connection.room('chat:a')
    room.listen({ onMessage: ({ offset }) => heard.push(offset) })
    const joining = room.join({ since: { epoch: 'e1', offset: 4 } })
    expect(newest().last('join').data).toEqual({ room: 'chat:a', since: { epoch: 'e1', offset: 4 } })
    await newest().reply('join', {
      ok: { room: {}, epoch: 'e1', offset: 6, recovered: true, messages: messages(5, 6) },
    })
    await joining
    expect([heard, room.position]).toEqual([[5, 6], { epoch: 'e1', offset: 6 }])
  })

  it('delivers nothing more once a handler leaves the room', async () => {
    const { connection, newest, heard, rejoined } = await back()
    connection.room('chat:a').listen({ onMessage: () => void connection.leave('chat:a').catch(() => {}) })
    await newest().frame(message(10))
    await rejoined({ offset: 9, recovered: true, messages: messages(8, 9) })
    expect([heard[0], heard.includes(9), heard.includes(10)]).toEqual([8, false, false])
  })
})

describe('a room of which only the newest message matters', () => {
  it('gives that message on joining, and may skip offsets without a gap', async () => {
    const { connection, newest } = await started()
    const heard: unknown[] = []
    const joining = connection.join('ticker:a', {
      onMessage: ({ offset }) => heard.push(offset),
      onGap: () => heard.push('gap'),
    })
    await newest().reply('join', {
      ok: { room: {}, epoch: 'e1', offset: 40, messages: [message(40, 'ticker:a')] },
    })
    await joining
    await newest().frame(message(55, 'ticker:a'))
    expect(heard).toEqual([40, 55])
  })

  it('resumes with the newest value, even in a new epoch', async () => {
    const { newest, heard, rejoined } = await back()
    await rejoined({ epoch: 'e2', offset: 3, recovered: true, messages: messages(3) })
    await newest().frame(message(5))
    expect(heard).toEqual([3, 'recovered 1', 5])
  })
})

describe('rooms joined by the server', () => {
  const given = { room: 'user:ann', epoch: 'e9', offset: 2 }

  it('are memberships, reported once, whose messages reach handles', async () => {
    const { connection, newest } = start()
    const told: Joined[] = []
    const heard: unknown[] = []
    connection.on('joined', (event) => told.push(event))
    connection.room('user:ann').listen({ onMessage: ({ data }) => heard.push(data) })
    await opened(newest, { rooms: [given] })
    await newest().frame(message(3, 'user:ann'))
    expect(told).toEqual([{ ...given, isGiven: true }])
    expect([heard, connection.rooms, newest().sent.map(({ event }) => event)]).toEqual([[3], ['user:ann'], ['connect']])
  })

  it('lose no message that arrives in the same packet as the answer to connect', async () => {
    const { connection, newest } = start()
    const heard: unknown[] = []
    connection.room('user:ann').listen({ onMessage: ({ offset }) => heard.push(offset) })
    connection.on('message', ({ data }) => heard.push(data))
    await newest().accept()
    void newest().reply('connect', { ok: connectOk({ rooms: [given] }) })
    void newest().frame(message(3, 'user:ann'))
    await newest().frame({ event: 'message', data: 'to you' })
    expect(heard).toEqual([3, 'to you'])
  })

  it('are resumed after a reconnect, and stay joined if the resume is refused', async () => {
    const { connection, newest, clock } = await started({}, { rooms: [given] })
    const gaps: Gap[] = []
    const left: unknown[] = []
    connection.on('gap', (gap) => gaps.push(gap))
    connection.on('left', (event) => left.push(event))
    await newest().lose(1006)
    await clock.pass(250)
    await opened(newest, { rooms: [{ ...given, offset: 5 }] })
    expect(newest().last('join').data).toEqual({ rooms: [{ room: 'user:ann', since: { epoch: 'e9', offset: 2 } }] })
    await newest().reply('join', {
      ok: { results: [{ room: 'user:ann', error: { code: 'forbidden', message: 'no' } }] },
    })
    expect(gaps).toEqual([{ room: 'user:ann', count: 3, cause: 'not_authorized' }])
    expect([left, connection.rooms]).toEqual([[], ['user:ann']])
  })

  it('are not needed for messages to the user or the connection', async () => {
    const { connection, newest } = await started()
    const seen: unknown[] = []
    connection.on('message', (direct) => seen.push(direct))
    await newest().frame({ event: 'message', data: { text: 'hello' }, from: { service: 'billing' } })
    await newest().frame({ event: 'message', data64: 'AQID' })
    expect(seen).toEqual([{ data: { text: 'hello' }, from: { service: 'billing' } }, { data: Uint8Array.of(1, 2, 3) }])
  })
})
