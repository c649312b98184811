import type { FilterToken } from '@gatehouse/protocol/rest'

/** The request for any list of the store, parsed and bounded by the edge. */
export interface ListRequest {
  /** All of them must match. An unknown field is a `BadListRequest`. */
  readonly tokens: readonly FilterToken[]
  /** A field, with `-` before it for descending; if absent, newest first. */
  readonly sort?: string | undefined
  /** Most items, 1 to 500. */
  readonly limit: number
  /** `next` of the page before. */
  readonly cursor?: string | undefined
}

/** What lists report about nodes: all read one shared store, so only this node was asked and it answered. */
export const oneNode = { answered: 1, of: 1 } as const
