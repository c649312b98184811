import type { ReplyError, Right } from '@gatehouse/protocol'
import type { Clock } from '../ports/clock.js'
import type { Grant } from './grant.js'
import { forbidden, refusals } from './refusals.js'
import type { RoomPolicy, TokenHolder } from './room-policy.js'

/** A connection as its grants are decided and kept. */
export interface GrantHolder extends TokenHolder {
  readonly state: 'authenticating' | 'open' | 'closing'
  grantIn(room: string): Grant | undefined
  storeGrant(grant: Grant): void
}

/** Decides what connections may do in rooms. A decision stays with the connection until its token changes. */
export class Grants {
  readonly #policy: RoomPolicy
  readonly #clock: Clock

  constructor(policy: RoomPolicy, clock: Clock) {
    this.#policy = policy
    this.#clock = clock
  }

  /** The stored grant, or a new decision, which is stored. Never throws. */
  of(holder: GrantHolder, room: string): Grant {
    const stored = holder.grantIn(room)
    if (stored !== undefined) return stored
    const grant = this.#policy.decide(holder, room)
    holder.storeGrant(grant)
    return grant
  }

  /**
   * Why the holder may not do this in the room; undefined where its token allows it. A name that no room type fits is
   * refused as unknown only where the right is missing too: otherwise `RoomDirectory.obtain` refuses it.
   *
   * @param known the holder's grant in the room, where the caller has it
   */
  refusal(holder: GrantHolder, room: string, right: Right, known?: Grant): ReplyError | undefined {
    if (holder.state !== 'open') return refusals.notAuthenticated
    const grant = known ?? this.of(holder, room)
    const isAllowed = grant.allows(right)
    if (isAllowed && !grant.isVoidAt(this.#clock.wallMs())) return undefined
    if (this.#policy.typeOf(room) === undefined) return refusals.unknownRoom
    return isAllowed ? refusals.expired : forbidden(right)
  }
}
