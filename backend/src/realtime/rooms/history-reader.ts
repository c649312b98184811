import { limits, type HistoryData, type RecoveryFailure } from '@gatehouse/protocol'
import { BUS_RETRY_MS, failed, type Answer } from '../replies/answer.js'
import type { Connection } from '../connections/connection.js'
import { Messages } from './messages.js'
import type { History, HistoryPage } from '../ports/history.js'
import { ReplyBody, withField } from '../replies/reply-body.js'
import type { Room } from './room.js'

interface PagePlace {
  readonly epoch: string
  readonly offset: number
  /** There is more in the direction read. */
  readonly more: boolean
  readonly reason?: RecoveryFailure
}

/** What a `history` request is answered with. */
export class HistoryOk extends ReplyBody {
  constructor(
    readonly place: PagePlace,
    readonly messages: Messages,
  ) {
    super()
  }

  override toText(): string {
    return withField(this.place, 'messages', this.messages.toText())
  }

  override toValue(): object {
    return { ...this.place, messages: this.messages.toValue() }
  }
}

/** Answers a page of a room's history, to `c` or to a service (null); the caller has checked the right. */
export function readHistory(
  history: History,
  c: Connection | null,
  room: Room,
  query: HistoryData,
  done: (answer: Answer<HistoryOk>) => void,
): void {
  const { since, reverse = false } = query
  const limit = Math.min(query.limit ?? limits.historyDefault, limits.historyMessages)
  const offset = since?.offset
  const from = reverse ? (offset === undefined ? Infinity : offset - 1) : (offset ?? 0) + 1
  history.read(room.name, { from, reverse, limit, bytes: limits.recoveryBytes }, (page) => {
    if ((c !== null && c.closing !== null) || page === null) {
      done(failed('unavailable', 'the history could not be read now', BUS_RETRY_MS))
      return
    }
    // Of another epoch, or a position this one never had.
    if (since !== undefined && (since.epoch !== page.epoch || (!reverse && since.offset > page.offset))) {
      const place = { epoch: page.epoch, offset: page.offset, more: false, reason: 'epoch_changed' } as const
      done({ ok: new HistoryOk(place, new Messages(room, [])) })
      return
    }
    done({ ok: new HistoryOk(placeOf(page, from, reverse), new Messages(room, page.messages)) })
  })
}

function placeOf(page: HistoryPage, from: number, reverse: boolean): PagePlace {
  const { epoch, offset, first } = page
  const last = page.messages.at(-1)?.offset
  const more = last !== undefined && (reverse ? last > first : last < offset)
  // Forwards it begins later than asked; backwards it ends where older messages once were.
  const isCut = first > 1 && (reverse ? from >= 1 && !more : from < first)
  return { epoch, offset, more, ...(isCut ? { reason: page.lost } : {}) }
}
