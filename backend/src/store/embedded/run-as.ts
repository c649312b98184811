import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { accessSync, constants } from 'node:fs'

/**
 * The identity that the PostgreSQL programs run under; they refuse to run as root.
 * `self`: the user who started the node. `account`: an existing account that root switches to. `namespace`: a user
 * namespace in which root is an ordinary user, for clones that no other account can reach.
 */
type RunKind = 'self' | 'account' | 'namespace'

export interface RunAs {
  readonly kind: RunKind
  /** The command that every program is run with, for example `unshare … --`. */
  readonly prefix: readonly string[]
  /** The owner of the data folder on disk; for `account` also the ids that the program is spawned with. */
  readonly uid: number
  readonly gid: number
}

/** The arguments of spawn. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly uid?: number
  readonly gid?: number
}

/**
 * PostgreSQL gets nothing of the node's environment: it may run under another account, whose processes could read the
 * secrets in it.
 */
export const postgresEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

/** The identities open to this process, best first. */
export function runCandidates(): RunAs[] {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  if (uid !== 0) return [{ kind: 'self', prefix: [], uid, gid }]
  const candidates: RunAs[] = []
  const account = stepDownAccount()
  if (account !== undefined) candidates.push({ kind: 'account', prefix: [], ...account })
  const unshare = findProgram('unshare')
  if (unshare !== undefined) {
    const prefix = [unshare, '-U', '--map-user=1000', '--map-group=1000', '--']
    candidates.push({ kind: 'namespace', prefix, uid, gid })
  }
  return candidates
}

/** The account that root switches to: `postgres` if it exists, else `nobody`. Accounts are never created. */
function stepDownAccount(): { uid: number; gid: number } | undefined {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }))
      const account = { uid: id('-u'), gid: id('-g') }
      if (account.uid > 0 && account.gid > 0) return account
    } catch {
      // No such account; try the next name.
    }
  }
  return undefined
}

/** The command that runs `program` with `args` under `runAs`. */
export function commandAs(runAs: RunAs, program: string, args: readonly string[]): Command {
  const [file = program, ...rest] = [...runAs.prefix, program, ...args]
  return runAs.kind === 'account' ? { file, args: rest, uid: runAs.uid, gid: runAs.gid } : { file, args: rest }
}

/** Runs one PostgreSQL program and waits until it ends. It blocks, so use it only during the start. */
export function runNow(command: Command, input = ''): SpawnSyncReturns<string> {
  return spawnSync(command.file, [...command.args], {
    cwd: '/',
    env: postgresEnvironment,
    encoding: 'utf8',
    input,
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  })
}

/** Whether `runAs` can enter `folder` and run `program`. Tries it, because mode bits alone do not decide. */
export function canRun(runAs: RunAs, program: string, folder: string): boolean {
  const probe = commandAs(runAs, '/bin/sh', ['-c', 'cd "$1" && exec "$2" --version', 'sh', folder, program])
  return runNow(probe).status === 0
}

/** The full path of a program on PATH. */
export function findProgram(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    if (folder === '') continue
    const path = `${folder}/${name}`
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      continue
    }
  }
  return undefined
}
