/**
 * A start that fails for a reason that a person can fix. The message is full sentences that name the variable or path
 * and the remedy. It is printed as is, without a stack, and the process ends with exit code 1.
 */
export class StartRefusal extends Error {
  /** Every problem found, one line each; `message` is all of them joined by line ends. */
  readonly problems: readonly string[]

  constructor(problems: string | readonly string[], options?: ErrorOptions) {
    // A parser's message may quote its input, including line ends; each problem must stay on one line.
    const lines = (typeof problems === 'string' ? [problems] : problems).map((line) =>
      line.replaceAll(/\s*\n\s*/g, ' '),
    )
    super(lines.join('\n'), options)
    this.name = 'StartRefusal'
    this.problems = lines
  }
}
