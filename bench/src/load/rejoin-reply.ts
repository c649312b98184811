interface Position {
  readonly epoch: string
  readonly offset: number
}

/** One room as a join asks for it. */
export interface Asked {
  readonly room: string
  readonly since?: Position
}

/** One room in the reply to a join of several. */
export interface JoinResult {
  readonly room: string
  readonly ok?: Position & {
    readonly recovered?: boolean
    readonly reason?: string
    readonly messages?: readonly { readonly offset: number }[]
  }
  readonly error?: { readonly code: string }
}

/** @throws Error when the reply to `connect` gives no session */
export function sessionIn(text: string): string {
  const { ok } = JSON.parse(text) as { ok?: { session?: string } }
  if (ok?.session === undefined) throw new Error(`connect was answered with ${text.slice(0, 200)}`)
  return ok.session
}

/** @throws Error when the join as a whole failed */
export function answered(text: string): readonly JoinResult[] {
  const { ok } = JSON.parse(text) as { ok?: { results: readonly JoinResult[] } }
  if (ok === undefined) throw new Error(`the join was answered with ${text.slice(0, 200)}`)
  return ok.results
}

/**
 * `recovered` when the client now has every message up to the quoted offset, checked by the offsets because the server's
 * claim may be wrong. Otherwise the server's reason, its error, or what is wrong with the claim.
 */
export function outcomeOf({ room, since }: Asked, result: JoinResult | undefined): string {
  if (result === undefined || result.room !== room) return 'not answered'
  const { ok, error } = result
  if (ok === undefined) return error?.code ?? 'not answered'
  if (ok.recovered !== true) return ok.reason ?? 'no reason'
  if (since === undefined || ok.epoch !== since.epoch) return 'recovered in another epoch'
  const offsets = (ok.messages ?? []).map(({ offset }) => offset)
  const isWhole =
    offsets.length === ok.offset - since.offset && offsets.every((offset, i) => offset === since.offset + 1 + i)
  return isWhole ? 'recovered' : 'recovered with holes'
}
