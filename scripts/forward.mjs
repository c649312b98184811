// Runs the node as a child and stands in for it: signals go through, its exit code comes back.
import { spawn } from 'node:child_process'
import { ending } from './child.mjs'

/** Ctrl-C under npm arrives several times within milliseconds; what comes so soon is the same signal. */
const sameSignalMs = 2_000
const parentPollMs = 500

/**
 * Runs `file` until it ends. The first signal goes to it as it is; others within two seconds are the same one; a later
 * one goes through as well, and the node takes it as "hurry". A vanished parent counts as SIGTERM.
 *
 * The child gets a session of its own, so that a signal to the whole process group reaches it once, through here. Its
 * IPC channel closes when this process is killed, which the node takes as SIGTERM.
 */
export async function runForwarded({ file, args, env }) {
  let child
  let forwardedAt = -Infinity
  const forward = (signal) => {
    const now = performance.now()
    if (now - forwardedAt < sameSignalMs) return
    forwardedAt = now
    child?.kill(signal)
  }
  // Heard before the child is there: it may say that it is ready before spawn has returned here.
  process.on('SIGINT', () => forward('SIGINT'))
  process.on('SIGTERM', () => forward('SIGTERM'))
  // A terminal that went away is an order to stop, not a question.
  process.on('SIGHUP', () => forward('SIGTERM'))
  child = spawn(file, args, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const watch = watchParent(() => forward('SIGTERM'))
  const code = await ending(child)
  clearInterval(watch)
  return code
}

// SIGKILL to npm leaves this process to init without a word. Started by hand it may well outlive its shell.
function watchParent(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    onGone()
  }, parentPollMs)
  watch.unref()
  return watch
}
