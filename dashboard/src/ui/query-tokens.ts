import { formatFilter, parseFilter, type FilterToken } from '@gatehouse/protocol/rest'
import { capital } from '../format/text.js'

/** A field that a list can be filtered by, with an example of its values. */
export interface QueryField {
  readonly name: string
  /** What follows the colon in the hint: ">64k". */
  readonly example?: string
}

/** The tokens of a filter text, or none when it cannot be read. */
export function tokensOf(filter: string): readonly FilterToken[] {
  const parsed = parseFilter(filter)
  return parsed.fault === undefined ? parsed.tokens : []
}

/** True for a filter text that has no tokens because it cannot be read: "user:". */
export function isUnreadable(filter: string): boolean {
  return parseFilter(filter).fault !== undefined
}

/** The text of one token as it is shown: name and value apart. */
export function tokenText(token: FilterToken): { name: string; value: string } {
  const [name = '', ...rest] = formatFilter([token]).split(':')
  return { name: `${name}:`, value: rest.join(':') }
}

/** The filter with another token; one that says the same is not added twice. */
export function withToken(filter: string, added: string): string {
  const tokens = tokensOf(filter)
  const text = formatFilter(tokensOf(added))
  return tokens.some((token) => formatFilter([token]) === text)
    ? filter
    : [formatFilter(tokens), text].filter(Boolean).join(' ')
}

/** The filter without the token at an index. */
export function withoutToken(filter: string, index: number): string {
  return formatFilter(tokensOf(filter).filter((_, at) => at !== index))
}

/** Why a typed token cannot be used, or null: fields are a closed list, except for `label.<name>`. */
export function faultOf(typed: string, fields: readonly QueryField[]): string | null {
  const parsed = parseFilter(typed)
  if (parsed.fault !== undefined) return `${capital(parsed.fault)}.`
  const isKnown = (name: string): boolean =>
    name === 'text' ||
    fields.some((field) => field.name === name || (field.name === 'label' && name.startsWith('label.')))
  const unknown = parsed.tokens.find((token) => !isKnown(token.field))
  return unknown
    ? `There is no field ${unknown.field}. The fields are ${fields.map((field) => field.name).join(', ')}.`
    : null
}
