import { SetMetadata } from '@nestjs/common'
import type { Verb } from '@gatehouse/protocol/rest'

/** What a route requires of its caller. */
export type AccessRule =
  /** Anybody, even without a credential. */
  | { readonly kind: 'open' }
  /** Any operator or key. */
  | { readonly kind: 'known' }
  | { readonly kind: 'verb'; readonly verbs: readonly Verb[]; readonly roomParameter: string | null }

export const ACCESS_RULE_KEY = 'gatehouse:access'

/**
 * The verb a route needs. Of several, the caller must hold at least one, and the handler checks which. With
 * `roomParameter`, the path parameter of that name is a room, which must match the caller's room patterns.
 */
export const Needs = (verbs: Verb | readonly Verb[], options: { readonly roomParameter?: string } = {}) =>
  SetMetadata<string, AccessRule>(ACCESS_RULE_KEY, {
    kind: 'verb',
    verbs: typeof verbs === 'string' ? [verbs] : verbs,
    roomParameter: options.roomParameter ?? null,
  })

/** A route for every operator and key, whatever its verbs. */
export const NeedsCaller = () => SetMetadata<string, AccessRule>(ACCESS_RULE_KEY, { kind: 'known' })

/** A route for everybody. It must answer only what is public. */
export const Open = () => SetMetadata<string, AccessRule>(ACCESS_RULE_KEY, { kind: 'open' })
