import { types } from 'pg'

const INT8 = 20
const NUMERIC = 1700

/** Reads int8 and numeric as numbers: times and counts are int8 and stay below 2^53, sums are numeric. */
export const numberTypes: typeof types = {
  ...types,
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 || oid === NUMERIC ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
}
