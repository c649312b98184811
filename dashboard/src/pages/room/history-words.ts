import { limits } from '@gatehouse/protocol'
import type { RoomDetail } from '@gatehouse/protocol/rest'
import { bytes, count, plural } from '../../format/number.js'
import { duration } from '../../format/time.js'

/** What a room holds of its history against one of its limits. */
export interface HeldBar {
  readonly label: string
  readonly held: string
  readonly limit: string
  /** 0 to 1. */
  readonly share: number
}

/** From this share on, a limit counts as what removes the oldest messages. */
const FULL = 0.95

/** The room's history against its three limits, and which of them decides how much is kept; none for rooms without. */
export function historyBars(room: RoomDetail, now: number): HeldBar[] {
  const { history } = room
  if (history === null || room.kind !== 'recoverable') return []
  const ageMs = history.oldestAt === null ? 0 : Math.max(0, now - history.oldestAt)
  return [
    bar('messages', history.heldMessages, history.count, count),
    bar('bytes', history.heldBytes, history.bytes, bytes),
    bar('age', ageMs, history.ageMs, duration),
  ]
}

function bar(label: string, held: number, limit: number, format: (value: number) => string): HeldBar {
  return { label, held: format(held), limit: format(limit), share: Math.min(1, held / limit) }
}

/** What the room keeps, and so what a member that reconnects will get. */
export function historySentence(room: RoomDetail, now: number): string {
  const { history, kind } = room
  if (history === null) {
    return 'Messages are numbered, but not kept. A member that was away continues with the next message and learns how many it missed.'
  }
  if (kind === 'latest') return latestSentence(history, now)
  if (room.offset === 0) return 'Nothing has been published in this epoch yet.'
  if (history.heldMessages === 0 || history.oldestAt === null) {
    return `Nothing is left: the newest message is older than the ${duration(history.ageMs)} that the room keeps.`
  }
  if (history.heldMessages >= room.offset) return 'Every message of this epoch is still kept.'
  const first = room.offset - history.heldMessages + 1
  const reach = `Reaches back ${duration(now - history.oldestAt)}, to offset ${count(first)}.`
  return [reach, whatDecides(room, now), resumeCap(history)].filter((part) => part !== '').join(' ')
}

function latestSentence(history: NonNullable<RoomDetail['history']>, now: number): string {
  if (history.heldMessages === 0 || history.oldestAt === null) {
    return 'Keeps only the newest value, and there is none yet.'
  }
  return `Keeps only the newest value: ${bytes(history.heldBytes)}, ${duration(now - history.oldestAt)} old. Whoever joins gets it at once.`
}

/** Which limit removes the oldest messages; empty while none is near. */
function whatDecides(room: RoomDetail, now: number): string {
  const [messages, size, age] = historyBars(room, now)
  if (messages !== undefined && messages.share === 1) return 'Full by count: each message replaces the oldest.'
  if (size !== undefined && size.share >= FULL) return 'Full by bytes: each message replaces older ones.'
  if (age !== undefined && age.share >= FULL) return `Messages are removed when they are ${age.limit} old.`
  return ''
}

/** A resume is all or nothing within fixed limits, however much more the room keeps. */
function resumeCap({ heldMessages, heldBytes }: NonNullable<RoomDetail['history']>): string {
  if (heldMessages <= limits.recoveryMessages && heldBytes <= limits.recoveryBytes) return ''
  return `A resume brings at most ${plural(limits.recoveryMessages, 'message')} and ${limits.recoveryBytes / 1024} KiB of it.`
}
