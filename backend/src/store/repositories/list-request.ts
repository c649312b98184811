import type { FilterToken } from '@gatehouse/protocol/rest'

/** What every list of the store takes; the edge has parsed and bounded it. */
export interface ListRequest {
  /** All of them must fit. A field the list does not know is a `BadListRequest`. */
  readonly tokens: readonly FilterToken[]
  /** A field, `-` before it for descending; absent: newest first. */
  readonly sort?: string | undefined
  /** Most items, 1 to 500. */
  readonly limit: number
  /** `next` of the page before. */
  readonly cursor?: string | undefined
}

/** Every list of the store reads one shared store: it speaks for the node that asks. */
export const oneNode = { answered: 1, of: 1 } as const
