/** Holds writes back until its turn is over. */
export interface TurnWriter {
  turnEnded(): void
}

let writers: TurnWriter[] = []

/**
 * Tells the writer when the current input is processed. Replies to frames that arrived together, and parcels of several
 * rooms, then go out in one system call.
 */
export function tellAtTurnEnd(writer: TurnWriter): void {
  if (writers.push(writer) === 1) process.nextTick(tellAll)
}

function tellAll(): void {
  const told = writers
  writers = []
  for (const writer of told) writer.turnEnded()
}
