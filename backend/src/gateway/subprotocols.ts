import { BEARER_SUBPROTOCOL_PREFIX, subprotocols, type Subprotocol } from '@gatehouse/protocol'

/** What a client offered to speak. A bearer offer carries a token and is never selected. */
export interface SubprotocolOffer {
  /** Our first match; null when nothing was offered (then JSON) or nothing fits (`isUnsupported`). */
  readonly selected: Subprotocol | null
  /** Something was offered, but nothing we speak. */
  readonly isUnsupported: boolean
  readonly token: string | null
}

const MOST_OFFERS = 16
const LONGEST_OFFER = 64
const TOKEN_CHARACTERS = /^[!#$%&'*+\-.0-9A-Z^_`|a-z~]+$/

const NOTHING_OFFERED: SubprotocolOffer = { selected: null, isUnsupported: false, token: null }

/** Reads Sec-WebSocket-Protocol in one pass, or says which rule it breaks. At least as strict as ws itself. */
export function readSubprotocols(header: string | null): SubprotocolOffer | string {
  if (header === null) return NOTHING_OFFERED
  const offers = header.split(',', MOST_OFFERS + 1).map(trimBlanks)
  if (offers.length > MOST_OFFERS) return `more than ${MOST_OFFERS} subprotocols`
  if (new Set(offers).size !== offers.length) return 'a repeated subprotocol'
  let token: string | null = null
  for (const offer of offers) {
    if (!TOKEN_CHARACTERS.test(offer)) return 'malformed subprotocols'
    if (offer.startsWith(BEARER_SUBPROTOCOL_PREFIX)) {
      if (token !== null) return 'more than one bearer subprotocol'
      token = offer.slice(BEARER_SUBPROTOCOL_PREFIX.length)
    } else if (offer.length > LONGEST_OFFER) return `a subprotocol longer than ${LONGEST_OFFER} characters`
  }
  const selected = selectSubprotocol(offers)
  return { selected, isUnsupported: selected === null, token }
}

/** The first offer that is ours, or null. */
export function selectSubprotocol(offers: Iterable<string>): Subprotocol | null {
  for (const offer of offers) if (isOurs(offer)) return offer
  return null
}

function isOurs(offer: string): offer is Subprotocol {
  return (subprotocols as readonly string[]).includes(offer)
}

/** A loop, because a pattern for trailing blanks takes quadratic time on a header of blanks (CVE-2021-32640). */
function trimBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from += 1
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9
}
