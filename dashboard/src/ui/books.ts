/** One amount of a ledger line. */
interface Term {
  readonly label: string
  readonly amount: number
  readonly sign?: 'plus' | 'minus'
}

/** One ledger line: start + in − out = now. At most two moves, so that lines are aligned. */
export interface Books {
  readonly title: string
  readonly start: Term
  readonly moves: readonly Term[]
  readonly now: Term
}

/** What is left over when the line is added up; 0 when it balances. */
export function drift(books: Books): number {
  const sum = books.moves.reduce(
    (total, move) => total + (move.sign === 'minus' ? -move.amount : move.amount),
    books.start.amount,
  )
  return books.now.amount - sum
}
