/**
 * A start that cannot go on for a reason a person can cure. The message is whole sentences that name the variable or
 * the path and the cure; it is printed as it stands, without a stack, and the process ends with exit code 1.
 */
export class StartRefusal extends Error {
  /** Every problem found, one line each; `message` is all of them joined by line ends. */
  readonly problems: readonly string[]

  constructor(problems: string | readonly string[], options?: ErrorOptions) {
    // A parser's message may quote what it read, line ends too; a problem stays one line.
    const lines = (typeof problems === 'string' ? [problems] : problems).map((line) =>
      line.replaceAll(/\s*\n\s*/g, ' '),
    )
    super(lines.join('\n'), options)
    this.name = 'StartRefusal'
    this.problems = lines
  }
}
