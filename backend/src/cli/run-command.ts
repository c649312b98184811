import { StartRefusal } from '../config/start-refusal.js'

/** A mistake in how a command was called; the caller sees only its message. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault'
}

/** Whether the caller asks for the command's usage. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h')
}

/** Runs a command; a failure that the user can fix is printed as one line on standard error, with exit code 1. */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command()
  } catch (error) {
    const isCurable = error instanceof UsageFault || error instanceof StartRefusal
    process.stderr.write(
      isCurable ? `${(error as Error).message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`,
    )
    process.exitCode = 1
  }
}
