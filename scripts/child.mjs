// Runs programs to their end.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { ROOT } from './clone.mjs'
import { Problem } from './runtime.mjs'

const STILL_EVERY_MS = 10_000
const running = new Set()

/**
 * Runs a program and says what is being done. Its output is shown only when it fails.
 *
 * @throws Problem when it fails
 */
export async function runQuietly({ doing, done, file, args, env, say }) {
  say(`${doing} …`)
  const startedAt = Date.now()
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(0)} s`
  const still = setInterval(() => say(`${doing} … ${seconds()}`), STILL_EVERY_MS)
  const output = []
  const child = spawn(file, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
  const code = await ending(child)
  clearInterval(still)
  running.delete(child)
  if (code !== 0) {
    process.stderr.write(Buffer.concat(output))
    throw new Problem(`${doing} failed (exit code ${code}); its output is above.`)
  }
  say(`${done} in ${seconds()}`)
}

/** Runs a program that writes straight to this terminal, and gives its exit code. */
export async function runLoudly({ file, args, env }) {
  const child = spawn(file, args, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] })
  running.add(child)
  const code = await ending(child)
  running.delete(child)
  return code
}

/** From now on a signal ends the running children and then this process. Call the result to undo that. */
export function endOnSignal() {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const end = (signal) => {
    for (const child of running) child.kill(signal)
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of signals) process.once(signal, end)
  return () => {
    for (const signal of signals) process.removeListener(signal, end)
  }
}

/** The exit code of `child`, as a shell would give it. */
export function ending(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${error.message}\n`)
      resolve(127)
    })
    child.once('close', (code, signal) => resolve(signal === null ? code : 128 + constants.signals[signal]))
  })
}

/** Runs `main`. A Problem is printed as one line and gives exit code 1; any other error crashes with its stack. */
export async function runScript(main) {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
