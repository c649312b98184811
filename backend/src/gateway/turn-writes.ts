/** Holds writes back until its turn is over. */
export interface TurnWriter {
  turnEnded(): void
}

/** Filled anew each turn, which would otherwise make a list for each reply. */
const writers: (TurnWriter | null)[] = []
let count = 0

/**
 * Tells the writer when the current input is processed. Replies to frames that arrived together, and parcels of several
 * rooms, then go out in one system call.
 */
export function tellAtTurnEnd(writer: TurnWriter): void {
  if (count === 0) process.nextTick(tellAll)
  writers[count] = writer
  count += 1
}

function tellAll(): void {
  let failure: { readonly error: unknown } | undefined
  for (let i = 0; i < count; i += 1) {
    const writer = writers[i]
    writers[i] = null
    try {
      writer?.turnEnded()
    } catch (error) {
      // The others still hold writes, and would never be told again.
      failure ??= { error }
    }
  }
  count = 0
  if (failure !== undefined) throw failure.error
}
