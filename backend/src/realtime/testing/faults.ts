import { PublishKeys } from '../../infra/memory/publish-keys.js'
import { Books } from '../books/books.js'
import { Floors } from '../rooms/floors.js'
import { Joined, JoinedMany } from '../rooms/joined.js'
import { Memberships } from '../rooms/memberships.js'
import type { Membership } from '../rooms/membership.js'
import { Messages } from '../rooms/messages.js'
import { Outbox } from '../delivery/outbox.js'
import { OutboxQueue } from '../delivery/outbox-queue.js'
import { Room } from '../rooms/room.js'
import { RoomLedger } from '../books/room-ledger.js'
import type { SharedParcel } from '../encoding/shared-parcel.js'
import { FakeSocket } from './fake-socket.js'
import { tap } from './tap.js'
import type { TestHub } from './test-hub.js'

/** A fault put into a hub from outside, and what the checks of the stories must say about it. */
export interface PlantedFault {
  readonly name: string
  readonly caughtAs: RegExp
  /** Plants it; returns how to remove what outlives the hub. */
  readonly plant: (t: TestHub) => (() => void) | void
}

/** True at every nth call. */
function every(n: number): () => boolean {
  let calls = 0
  return () => (calls += 1) % n === 0
}

/** Faults in numbering, keeping and carrying messages. */
export const streamFaults: readonly PlantedFault[] = [
  {
    name: 'skips an offset on the bus',
    caughtAs: /D3|D4|C4/,
    plant: (t) => {
      const isTime = every(7)
      tap(t.bus, 'onMessage', (onMessage) => (receive) => {
        onMessage((room, message) => isTime() || receive(room, message))
      })
    },
  },
  {
    name: 'keeps an epoch that was cleared',
    caughtAs: /D9/,
    plant: (t) => {
      tap(t.streams, 'clear', () => (room) => {
        const stream = t.streams.obtain(room)
        stream.offset = 0
        stream.log?.clear()
        return stream
      })
    },
  },
  {
    name: 'acknowledges a message that it did not take',
    caughtAs: /C5|D7/,
    plant: (t) => {
      const isTime = every(9)
      tap(t.bus, 'publish', (publish) => (room, message, done) => {
        if (isTime()) done({ ok: true, epoch: t.streams.obtain(room).epoch, offset: 1, duplicate: false })
        else publish(room, message, done)
      })
    },
  },
  {
    name: 'forgets publish keys',
    caughtAs: /D7/,
    plant: () => tap(PublishKeys.prototype, 'find', () => () => undefined),
  },
  {
    name: 'reads history with a hole',
    caughtAs: /D4.*not true|D5/,
    plant: (t) => {
      tap(t.history, 'read', (read) => (room, query, done) => {
        read(room, query, (page) => {
          done(page === null ? null : { ...page, messages: page.messages.filter((_, i) => i !== 1) })
        })
      })
    },
  },
  {
    name: 'forgets what arrives while it reads',
    caughtAs: /D4.*not true|D5/,
    plant: () => tap(Room.prototype, 'tailOf', () => () => []),
  },
  {
    name: 'claims to have recovered and leaves a message out',
    caughtAs: /D5/,
    plant: () =>
      tap(
        Messages.prototype,
        'toText',
        (toText) => () => JSON.stringify((JSON.parse(toText()) as unknown[]).filter((_, i) => i !== 1)),
      ),
  },
  {
    name: 'counts one message too many as missed',
    caughtAs: /D4.*were missed/,
    plant: () =>
      tap(
        Joined.prototype,
        'toText',
        (toText) => () => toText().replace(/"missed":(\d+)/, (_, missed) => `"missed":${Number(missed) + 1}`),
      ),
  },
  {
    name: 'lets anybody look back',
    caughtAs: /D6.*look back/,
    plant: (t) =>
      tap(Floors.prototype, 'of', () => (_, room) => ({ epoch: t.hub.rooms.get(room)?.epoch ?? '', offset: 0 })),
  },
]

/** Faults in handing messages out, and in the books. */
export const deliveryFaults: readonly PlantedFault[] = [
  {
    name: 'delivers twice',
    caughtAs: /D1|D2/,
    plant: () => {
      const isTime = every(7)
      return tap(Outbox.prototype, 'enqueue', (enqueue) => (parcel) => {
        enqueue(parcel)
        if (parcel.stream !== null && isTime()) enqueue(parcel)
      })
    },
  },
  {
    name: 'writes to a socket twice',
    caughtAs: /D1|D2|C4/,
    plant: () => {
      const isTime = every(11)
      return tap(FakeSocket.prototype, 'write', (write) => (parcel, done) => {
        const isWritten = write(parcel, done)
        if (parcel.stream !== null && isTime()) write(parcel, () => {})
        return isWritten
      })
    },
  },
  {
    name: 'loses a parcel on its way',
    caughtAs: /D3|D4|C4/,
    plant: () => {
      const isTime = every(9)
      return tap(Outbox.prototype, 'enqueue', (enqueue) => (parcel) => {
        if (parcel.stream === null || !isTime()) enqueue(parcel)
      })
    },
  },
  {
    name: 'lets a message overtake another',
    caughtAs: /D1|D3|D4|D6|C4/,
    plant: () => {
      const isTime = every(5)
      const held = new Map<Outbox, SharedParcel>()
      return tap(Outbox.prototype, 'enqueue', (enqueue, outbox) => (parcel) => {
        const before = held.get(outbox)
        held.delete(outbox)
        if (before === undefined && parcel.stream !== null && isTime()) held.set(outbox, parcel)
        else enqueue(parcel)
        if (before !== undefined) enqueue(before)
      })
    },
  },
  {
    name: 'changes a payload',
    caughtAs: /D8/,
    plant: () =>
      tap(Room.prototype, 'frameText', (frameText) => (message, tellsEpoch) => {
        return frameText(message, tellsEpoch).replace('"pad":"x', '"pad":"y')
      }),
  },
  {
    name: 'delivers to members that left',
    caughtAs: /D1|D6/,
    plant: () => {
      const left = new Map<Room, Membership>()
      const untap = [
        tap(Room.prototype, 'remove', (remove, room) => (membership) => {
          left.set(room, membership)
          remove(membership)
        }),
        tap(Room.prototype, 'receive', (receive, room) => (message) => {
          const isNews = receive(message)
          const { epoch, offset } = message
          const stream = { room: room.name, epoch, from: offset, to: offset, members: 1 }
          const gone = left.get(room)
          const texts = [room.frameText(message, offset === 1)]
          gone?.outbox.enqueue(gone.connection.encoding.stream(texts, stream, room.ledger, 0))
          return isNews
        }),
      ]
      return () => untap.forEach((out) => out())
    },
  },
  {
    name: 'keeps members in a room that their new token does not allow',
    caughtAs: /D6/,
    plant: () => tap(Memberships.prototype, 'recheck', () => () => {}),
  },
  {
    name: 'answers a join of many rooms in another order',
    caughtAs: /D1.*order asked/,
    plant: () =>
      tap(JoinedMany.prototype, 'toText', (_, { results }) => () => {
        return JSON.stringify({ results: results.toReversed().map(({ room, ok }) => ({ room, ok: ok?.toJSON() })) })
      }),
  },
  {
    name: 'announces a gap that is too short',
    caughtAs: /D3/,
    plant: () =>
      tap(OutboxQueue.prototype, 'drop', (drop, queue) => (mayGo, count) => {
        drop(mayGo, count)
        queue.each(({ gap }) => {
          if (gap !== null && gap.to > gap.from) gap.to -= 1
        })
      }),
  },
  {
    name: 'loses the count of a drop',
    caughtAs: /C4/,
    plant: () => tap(RoomLedger.prototype, 'countDropped', () => () => {}),
  },
  {
    name: 'counts a close twice',
    caughtAs: /C1|C2/,
    plant: () => {
      const isTime = every(3)
      return tap(Books.prototype, 'countClosed', (countClosed) => (reason, ...more) => {
        countClosed(reason, ...more)
        if (isTime()) countClosed(reason, ...more)
      })
    },
  },
  {
    name: 'loses a close record',
    caughtAs: /C2/,
    plant: (t) => {
      const isTime = every(3)
      tap(t.records, 'closed', (closed) => (record) => isTime() || closed(record))
    },
  },
]
