import { limits, type MessageFrame, type Position, type RecoveryFailure } from '@gatehouse/protocol'
import type { RoomType } from '../room-types/room-type.js'
import type { Moment, Truth } from './truth.js'

/** What one room's part of a join asked, and how things stood when it was decided. */
export interface JoinAsked {
  readonly room: string
  readonly since: Position | undefined
  /** When it was asked, in the truth's ticks. */
  readonly tick: number
  /** False where the client made the position up. */
  readonly isOwn: boolean
  moment?: Moment
  /** Whether its grant gives `history`; else it recovers nothing from before its session first entered the room. */
  mayLookBack?: boolean
  floor?: Position | undefined
  /** The connection it continues was in the room until its end. */
  wasThere: boolean
  /** Bytes of all recoveries that the same frame asked for. */
  frameBytes?: number
}

/** A join's answer as a client reads it. */
export interface JoinAnswer extends Position {
  readonly recovered?: boolean
  readonly reason?: RecoveryFailure
  readonly missed?: number
  readonly messages?: readonly MessageFrame[]
}

/** Judges whether a join's answer is true and whole; says what is wrong with it. */
export class RecoveryJudge {
  constructor(
    private readonly truth: Truth,
    private readonly typeOf: (room: string) => RoomType,
    /** The bus fails now and then: an answer may say that history could not be read. */
    private readonly hasErrors: boolean,
  ) {}

  complaint(asked: JoinAsked, ok: JoinAnswer): string | undefined {
    const { room } = asked
    if (this.truth.orderOf(room, ok.epoch) < 0) return `D9: ${room} answered an epoch it never had`
    if (ok.offset > this.truth.top(room, ok.epoch)) return `D9: ${room} answered an offset it has not reached`
    const wrong = this.wrongMessage(room, ok.epoch, ok.messages ?? [])
    if (wrong !== undefined) return wrong
    if (this.typeOf(room).kind === 'latest') return this.#latest(asked, ok)
    if (asked.since === undefined) {
      return ok.recovered === undefined ? undefined : `D5: ${room} recovered what nobody asked for`
    }
    return ok.recovered === true ? this.#recovered(asked, asked.since, ok) : this.#failed(asked, asked.since, ok)
  }

  /** Finds the first of some messages of one epoch that differs from what was numbered. */
  wrongMessage(room: string, epoch: string, messages: readonly MessageFrame[]): string | undefined {
    for (const { offset = 0, data, from, epoch: told } of messages) {
      const numbered = this.truth.find(room, epoch, offset)
      if (numbered === undefined) return `D9: ${room} was never given offset ${offset}`
      const isSame = JSON.stringify(data) === numbered.data && JSON.stringify(from ?? null) === numbered.from
      if (!isSame) return `D8: message ${offset} of ${room} was changed`
      const tellsEpoch = offset === 1 || this.typeOf(room).kind === 'latest'
      if (told !== (tellsEpoch ? epoch : undefined)) return `D9: message ${offset} of ${room} names its epoch wrongly`
    }
    return undefined
  }

  #recovered({ room, mayLookBack, floor }: JoinAsked, since: Position, ok: JoinAnswer): string | undefined {
    const { messages = [] } = ok
    if (since.epoch !== ok.epoch) return `D5: ${room} claims to recover over a change of epoch`
    const isWhole =
      messages.length === Math.max(0, ok.offset - since.offset) &&
      messages.every(({ offset }, i) => offset === since.offset + 1 + i)
    if (!isWhole) return `D5: ${room} claims to recover ${since.offset} to ${ok.offset} and does not`
    if (messages.length === 0) return undefined
    if (this.typeOf(room).history === null) return `D5: ${room} recovers what it never kept`
    const mayKnow = floor !== undefined && this.truth.between(room, floor, since) >= 0
    return mayLookBack === true || mayKnow ? undefined : `D6: ${room} recovers for a client that may not look back`
  }

  #failed(asked: JoinAsked, since: Position, ok: JoinAnswer): string | undefined {
    const { room, moment } = asked
    const { reason, missed } = ok
    if (reason === undefined || moment === undefined) return `D4: ${room} lost messages without a reason`
    if (ok.messages !== undefined) return `D4: ${room} sends a part of what it says is lost`
    if (reason === 'epoch_changed') {
      if (missed !== undefined) return `D4: ${room} counts over a change of epoch`
      return since.epoch === ok.epoch && moment.epoch === since.epoch && since.offset <= ok.offset
        ? `D4: ${room} says its epoch changed, and it did not`
        : undefined
    }
    if (since.epoch !== ok.epoch) return `D4: ${room} says ${reason} where the epoch changed`
    if (missed !== ok.offset - since.offset || missed <= 0)
      return `D4: ${room} says ${missed} were missed, not ${ok.offset - since.offset}`
    return this.#isTrue(reason, asked, since, ok, moment) ? undefined : `D4: ${room} says ${reason}, which is not true`
  }

  #isTrue(
    reason: RecoveryFailure,
    { room, mayLookBack, wasThere, isOwn, frameBytes = 0 }: JoinAsked,
    since: Position,
    ok: JoinAnswer,
    { askedTop, nowMs }: Moment,
  ): boolean {
    const { history } = this.typeOf(room)
    if (history === null) return reason === 'history_off'
    const oldest = this.truth.find(room, since.epoch, since.offset + 1)
    switch (reason) {
      case 'trimmed':
        return askedTop - since.offset > history.count || this.truth.bytesBetween(room, since, askedTop) > history.bytes
      case 'expired':
        return oldest !== undefined && nowMs - oldest.atMs >= history.ageMs
      case 'over_limit':
        return (
          ok.offset - since.offset > limits.recoveryMessages ||
          this.truth.bytesBetween(room, since, ok.offset) > limits.recoveryBytes ||
          frameBytes > limits.recoveryReplyBytes
        )
      case 'not_authorized':
        return mayLookBack === false && !(isOwn && wasThere)
      case 'bus_unavailable':
        return this.hasErrors
      default:
        return false
    }
  }

  #latest({ room, since, moment }: JoinAsked, ok: JoinAnswer): string | undefined {
    const { messages = [] } = ok
    const couldNotRead = this.hasErrors && (since === undefined || ok.reason === 'bus_unavailable')
    if (since !== undefined && ok.recovered !== true && !couldNotRead)
      return `D4: ${room} did not give its newest value`
    if (messages.length > 1 || (messages.length === 1 && messages[0]?.offset !== ok.offset))
      return `D5: ${room} gave another value than its newest`
    if (messages.length === 1 || ok.offset === 0 || couldNotRead || moment === undefined) return undefined
    if (since !== undefined && since.epoch === ok.epoch && since.offset >= ok.offset) return undefined
    // Something newer is on its way, or what was newest is no longer kept.
    if (moment.epoch !== ok.epoch || moment.top > ok.offset) return undefined
    const newest = this.truth.find(room, ok.epoch, ok.offset)
    const ageMs = this.typeOf(room).history?.ageMs ?? 0
    return newest !== undefined && moment.nowMs - newest.atMs >= ageMs
      ? undefined
      : `D5: ${room} did not give its newest value`
  }
}
