import { StartRefusal } from '../config/start-refusal.js'

/** A mistake in how a command was called; its message is all the caller sees. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault'
}

/** Whether the caller asks how a command is called. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h')
}

/** Runs a command; a failure that a person can cure is one line on standard error and exit code 1. */
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
