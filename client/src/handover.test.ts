import { describe, expect, it } from 'vitest'
import type { Connection } from './connection.js'
import type { Gap } from './events.js'
import { connectOk, joined, started, type FakeSocket } from './testing.js'

const drain = { event: 'drain', operation: 'op_1', deadline: 5_060_000, reconnectAfterMs: 3000 }
const message = (offset: number, room = 'chat:a') => ({ event: 'message', room, offset, data: offset })

/** A member of `chat:a` at offset 7 of epoch `e1`, told of a drain, with its next socket made. */
async function moving() {
  const { connection, made, newest, clock } = await started()
  const heard: number[] = []
  const gaps: Gap[] = []
  await joined(connection, newest, 'chat:a', {
    onMessage: ({ offset }: { offset: number }) => heard.push(offset),
    onGap: (gap: Gap) => gaps.push(gap),
  })
  const former = newest()
  await former.frame(drain)
  await clock.pass(3000)
  return { connection, clock, made, former, next: newest(), heard, gaps }
}

async function accepted(next: FakeSocket): Promise<void> {
  await next.accept()
  await next.reply('connect', { ok: connectOk({ connection: 'cn_2' }) })
}

const rejoined = (next: FakeSocket, ok: object): Promise<void> =>
  next.reply('join', { ok: { results: [{ room: 'chat:a', ok: { room: {}, epoch: 'e1', ...ok } }] } })

const missing = (offset: number, missed: number) => ({ offset, recovered: false, reason: 'history_off', missed })

describe('a drain', () => {
  it('[C-5] lets the next connection join before the former one closes', async () => {
    const ends: unknown[] = []
    const { connection, former, next, made } = await moving()
    connection.on('disconnect', (end) => ends.push(end))
    expect([made.length, connection.state, connection.id]).toEqual([2, 'open', 'cn_1'])
    await accepted(next)
    expect(next.last('connect').data['session']).toBe('sn_1')
    expect(next.last('join').data).toEqual({ rooms: [{ room: 'chat:a', since: { epoch: 'e1', offset: 7 } }] })
    expect([connection.id, former.closed]).toEqual(['cn_2', undefined])
    await rejoined(next, { offset: 7, recovered: true, messages: [] })
    expect([connection.state, connection.id, former.closed]).toEqual(['open', 'cn_2', { code: 1000 }])
    expect(ends).toEqual([])
  })

  it('[C-5] waits for the time that the server asked for', async () => {
    const { connection, newest, made, clock } = await started()
    await joined(connection, newest, 'chat:a')
    await newest().frame(drain)
    await clock.pass(2999)
    expect(made).toHaveLength(1)
  })

  it('delivers each message once, whichever connection brings it first', async () => {
    const { former, next, heard, gaps } = await moving()
    await former.frame(message(8))
    await accepted(next)
    await former.frame(message(9))
    await former.frame(message(10))
    await rejoined(next, { offset: 9, recovered: true, messages: [8, 9].map((offset) => message(offset)) })
    await next.frame(message(10))
    await next.frame(message(11))
    expect([heard, gaps]).toEqual([[8, 9, 10, 11], []])
  })

  it('takes the missed messages of a room without history from the former connection, in order', async () => {
    const { former, next, heard, gaps } = await moving()
    await accepted(next)
    await rejoined(next, missing(9, 2))
    await next.frame(message(10))
    expect([heard, former.closed]).toEqual([[], undefined])
    await former.frame(message(8))
    await former.frame(message(9))
    expect([heard, gaps, former.closed]).toEqual([[8, 9, 10], [], { code: 1000 }])
  })

  it('misses nothing if the former connection had read as far as the position at which the next one joined', async () => {
    const { former, next, heard, gaps } = await moving()
    await accepted(next)
    await former.frame(message(8))
    await former.frame(message(9))
    await rejoined(next, missing(9, 2))
    await next.frame(message(10))
    expect([heard, gaps, former.closed]).toEqual([[8, 9, 10], [], { code: 1000 }])
  })

  it.each<[string, (at: Awaited<ReturnType<typeof moving>>) => Promise<void>]>([
    ['is closed', ({ former }) => former.lose(4512, 'superseded cn_1')],
    ['brings nothing for ten seconds', ({ clock }) => clock.pass(10_000)],
  ])('counts what is missing when the former connection %s', async (_, end) => {
    const at = await moving()
    await accepted(at.next)
    await rejoined(at.next, missing(10, 3))
    await at.former.frame(message(8))
    await at.next.frame(message(11))
    await end(at)
    expect(at.heard).toEqual([8, 11])
    expect(at.gaps).toEqual([{ room: 'chat:a', count: 2, cause: 'history_off' }])
    expect([at.connection.state, at.connection.id, at.made.length]).toEqual(['open', 'cn_2', 2])
  })

  it('leaves the former stream at once if the room has a new epoch on the next node', async () => {
    const { former, next, heard, gaps } = await moving()
    await accepted(next)
    await former.frame(message(8))
    await rejoined(next, { epoch: 'e2', offset: 2, recovered: false, reason: 'epoch_changed' })
    await next.frame(message(3))
    expect([heard, gaps]).toEqual([[8, 3], [{ room: 'chat:a', count: undefined, cause: 'epoch_changed' }]])
    expect(former.closed).toEqual({ code: 1000 })
  })

  it('keeps the former connection until its outstanding replies have come', async () => {
    const { connection, former, next } = await moving()
    const published = connection.publish('chat:a', 'late')
    await accepted(next)
    await rejoined(next, { offset: 7, recovered: true, messages: [] })
    expect(former.closed).toBeUndefined()
    await former.reply('publish', { ok: { offset: 8 } })
    await expect(published).resolves.toEqual({ offset: 8 })
    expect(former.closed).toEqual({ code: 1000 })
  })

  it('joins a room on the next connection if the answer to its join came over the former one', async () => {
    const { connection, former, next } = await moving()
    const heard: number[] = []
    const joining = connection.join('chat:b', { onMessage: ({ offset }) => heard.push(offset) })
    await accepted(next)
    expect(next.last('join').data).toMatchObject({ rooms: [{ room: 'chat:a' }, { room: 'chat:b' }] })
    await former.reply('join', { ok: { room: {}, epoch: 'e1', offset: 3 } })
    expect(next.last('join').data).toEqual({ room: 'chat:b' })
    await next.reply('join', { ok: { room: {}, epoch: 'e1', offset: 5 } })
    await expect(joining).resolves.toMatchObject({ offset: 5 })
    await next.frame(message(6, 'chat:b'))
    expect(heard).toEqual([6])
  })

  it('sends everything over the next connection once that is open', async () => {
    const { connection, former, next } = await moving()
    await accepted(next)
    void connection.publish('chat:a', 'new').catch(() => {})
    expect(next.last('publish').data).toEqual({ room: 'chat:a', data: 'new' })
    expect(former.sent.some(({ event }) => event === 'publish')).toBe(false)
  })
})

describe('a drain without another node to move to', () => {
  it('keeps the connection while openings are refused, and tries again with longer waits', async () => {
    const { connection, made, next, former, heard, clock } = await moving()
    await next.lose(1006)
    await former.frame(message(8))
    expect([connection.state, heard, former.closed]).toEqual(['open', [8], undefined])
    await clock.pass(5249)
    expect(made).toHaveLength(2)
    await clock.pass(1)
    expect(made).toHaveLength(3)
    await made[2]?.lose(1006)
    await clock.pass(5500)
    expect(made).toHaveLength(4)
  })

  it('gives up an opening that is not answered, and keeps the connection', async () => {
    const { connection, next, clock } = await moving()
    await clock.pass(15_000)
    expect([next.closed, connection.state, connection.id]).toEqual([{ code: 1000 }, 'open', 'cn_1'])
  })

  it('reconnects as usual when the server closes the connection', async () => {
    const { connection, former, next, made, clock } = await moving()
    await next.lose(1006)
    const waits = disconnects(connection)
    await former.frame(drained)
    await former.lose(1012, 'drain cn_1')
    expect([waits, connection.state]).toEqual([[4250], 'waiting'])
    await clock.pass(4250)
    expect(made).toHaveLength(3)
    await clock.pass(60_000)
    expect(made.length).toBeGreaterThan(3)
  })

  it('continues an opening that is under way when the server closes the connection', async () => {
    const { connection, former, next, made } = await moving()
    const waits = disconnects(connection)
    await next.accept()
    await former.frame(drained)
    await former.lose(1012, 'drain cn_1')
    expect([waits, connection.state, made.length]).toEqual([[0], 'connecting', 2])
    await next.reply('connect', { ok: connectOk({ connection: 'cn_2' }) })
    expect([connection.state, connection.id]).toEqual(['open', 'cn_2'])
  })

  it('does not move a client that was kicked meanwhile', async () => {
    const { connection, former, next } = await moving()
    await former.lose(4504, 'kicked cn_1')
    expect([connection.state, next.closed]).toEqual(['closed', { code: 1000 }])
  })

  it('does not move a client that closed or that wants no reconnects', async () => {
    const closed = await moving()
    closed.connection.close()
    expect([closed.former.closed, closed.next.closed]).toEqual([{ code: 1000 }, { code: 1000 }])
    await closed.clock.pass(60_000)
    expect(closed.made).toHaveLength(2)
    const once = await started({ reconnect: false })
    await once.newest().frame(drain)
    await once.clock.pass(20_000)
    expect(once.made).toHaveLength(1)
  })

  it('does not delay reconnects after it was cancelled', async () => {
    const { newest, clock, connection } = await started()
    const waits = disconnects(connection)
    await newest().frame({ ...drain, reconnectAfterMs: 600_000 })
    await clock.pass(1000)
    await newest().lose(1006)
    expect(waits).toEqual([250])
  })
})

const drained = {
  event: 'disconnect',
  code: 1012,
  reason: 'drain',
  connection: 'cn_1',
  retryAfterMs: 4000,
  sentence: 'The node was drained.',
}

function disconnects(connection: Connection): (number | undefined)[] {
  const waits: (number | undefined)[] = []
  connection.on('disconnect', ({ reconnectInMs }) => waits.push(reconnectInMs))
  return waits
}
