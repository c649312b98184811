/** How long the end of one connection may take, milliseconds, unless its closer says otherwise. */
export const closeBudget = {
  /** To write what waits for it. */
  flushMs: 2_000,
  /** For the client to answer the close frame; then it is cut. */
  answerMs: 3_000,
  /** For the socket to say that it was cut; then the books are closed without it. */
  cutMs: 2_000,
} as const
