// Runs the node as a child: forwards signals to it and returns its exit code.
import { spawn } from 'node:child_process'
import { ending } from './child.mjs'

/** Ctrl-C under npm arrives several times within milliseconds; signals within this time count as one. */
const SAME_SIGNAL_MS = 2_000
const PARENT_POLL_MS = 500

/**
 * Runs `file` until it ends. The first signal is forwarded, and others within two seconds count as the same one. A later
 * one is forwarded too, which tells the node to hurry. When the parent is gone, that counts as SIGTERM.
 *
 * The child gets a session of its own, so that a signal to the whole process group reaches it once, through here. Its
 * IPC channel closes when this process is killed, which the node takes as SIGTERM.
 */
export async function runForwarded({ file, args, env }) {
  let child
  let forwardedAt = -Infinity
  const forward = (signal) => {
    const now = performance.now()
    if (now - forwardedAt < SAME_SIGNAL_MS) return
    forwardedAt = now
    child?.kill(signal)
  }
  // Registered before the child starts: it may be ready before spawn returns.
  process.on('SIGINT', () => forward('SIGINT'))
  process.on('SIGTERM', () => forward('SIGTERM'))
  // A closed terminal stops the node as well.
  process.on('SIGHUP', () => forward('SIGTERM'))
  child = spawn(file, args, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const watch = watchParent(() => forward('SIGTERM'))
  const code = await ending(child)
  clearInterval(watch)
  return code
}

// When npm is killed by SIGKILL, this process only gets a new parent. Started by hand, it may outlive its shell.
function watchParent(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    onGone()
  }, PARENT_POLL_MS)
  watch.unref()
  return watch
}
