import type { JoinOk, RecoveryFailure, ReplyError, RoomState } from '@gatehouse/protocol'
import type { Messages } from './messages.js'
import { ReplyBody, withField } from '../replies/reply-body.js'

/** Where a member's live messages begin, and the result of its `since`. */
export interface JoinedPlace {
  readonly room: RoomState
  readonly epoch: string
  readonly offset: number
  /** Absent without `since`. */
  readonly recovered?: boolean
  readonly reason?: RecoveryFailure
  readonly missed?: number
}

/** What a join is answered with. */
export class Joined extends ReplyBody {
  constructor(
    readonly place: JoinedPlace,
    readonly messages: Messages | null,
  ) {
    super()
  }

  override toText(): string {
    return this.messages === null
      ? JSON.stringify(this.place)
      : withField(this.place, 'messages', this.messages.toText())
  }

  override toJSON(): JoinOk {
    return super.toJSON() as JoinOk
  }

  override toValue(): object {
    return { ...this.place, ...(this.messages === null ? {} : { messages: this.messages.toValue() }) }
  }
}

/** One result of a join of many rooms. */
export type JoinedResult =
  | { readonly room: string; readonly ok: Joined; readonly error?: undefined }
  | { readonly room: string; readonly error: ReplyError; readonly ok?: undefined }

/** What a join of many rooms is answered with, in the order asked. */
export class JoinedMany extends ReplyBody {
  constructor(readonly results: readonly JoinedResult[]) {
    super()
  }

  override toText(): string {
    return `{"results":[${this.results.map(resultText).join(',')}]}`
  }

  override toJSON(): { readonly results: readonly unknown[] } {
    return super.toJSON() as { readonly results: readonly unknown[] }
  }

  override toValue(): object {
    return {
      results: this.results.map(({ room, ok, error }) =>
        ok === undefined ? { room, error } : { room, ok: ok.toValue() },
      ),
    }
  }
}

function resultText({ room, ok, error }: JoinedResult): string {
  return ok === undefined ? JSON.stringify({ room, error }) : withField({ room }, 'ok', ok.toText())
}
