// Finds the Node that runs Gatehouse. The scripts themselves run on any Node from 18 on.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { root } from './clone.mjs'

/** A problem that a person can cure; printed as one line. */
export class Problem extends Error {}

// The releases that hold the fix of the Brotli decoder's out-of-bounds write, and every later one of their lines.
const floors = [
  { major: 24, minor: 22, patch: 1 },
  { major: 26, minor: 12, patch: 1 },
]

const wanted = 'Node.js 24.22.1 or later of its line, or 26.12.1 or later'

/** Whether a Node of this version is taken from the system. Odd lines end too soon; newer even ones are taken. */
export function isAccepted(version) {
  const [major, minor, patch] = version.split('.').map(Number)
  const floor = floors.find((candidate) => candidate.major === major)
  if (floor === undefined) return major > 26
  return minor > floor.minor || (minor === floor.minor && patch >= floor.patch)
}

/** The first line of trouble for a platform that cannot run Gatehouse, or undefined. */
export function platformProblem({ platform, arch, isMusl, hasAcceptedNode }) {
  if (platform === 'win32')
    return 'Gatehouse does not run on Windows itself. Run it in WSL 2, where it is a Linux program.'
  if (isMusl) {
    return 'Gatehouse needs glibc, and this system has musl (Alpine). Use a Debian, Ubuntu or Fedora system, or the container image.'
  }
  if (hasAcceptedNode) return undefined
  const pinned = ['linux-x64', 'linux-arm64', 'darwin-x64']
  if (pinned.includes(`${platform}-${arch}`)) return undefined
  return `Gatehouse brings no Node.js of its own for ${platform}-${arch}. Install ${wanted} and start again.`
}

/** @throws Problem where this platform cannot run Gatehouse at all */
export function checkPlatform() {
  const { platform, arch } = process
  const hasAcceptedNode = systemNode() !== undefined
  const problem = platformProblem({ platform, arch, isMusl: platform === 'linux' && isMusl(), hasAcceptedNode })
  if (problem !== undefined) throw new Problem(problem)
}

/** The path of the Node to run with: the system's where it is accepted, else the one that npm installed. */
export function chooseNode() {
  const system = systemNode()
  if (system !== undefined) return system
  const pinned = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(pinned)) return pinned
  throw new Problem(`No usable Node.js was installed with the dependencies. Install ${wanted} and start again.`)
}

/** This process's environment, with `node` and the installed programs first on PATH, and Nx kept quiet and local. */
export function toolEnvironment(node = chooseNode()) {
  return {
    ...process.env,
    PATH: [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
    NX_NO_CLOUD: 'true',
    NX_DAEMON: 'false',
    NX_TUI: 'false',
  }
}

let foundSystemNode

function systemNode() {
  foundSystemNode ??= { path: findSystemNode() }
  return foundSystemNode.path
}

// npm puts node_modules/.bin before everything, so the first node on PATH may be the pinned one.
function findSystemNode() {
  if (!process.execPath.includes('node_modules')) {
    return isAccepted(process.versions.node) ? process.execPath : undefined
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'node')
    if (folder === '' || folder.includes('node_modules') || !existsSync(path)) continue
    try {
      const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8', stdio: 'pipe' }).trim()
      return isAccepted(version) ? path : undefined
    } catch {
      continue
    }
  }
  return undefined
}

function isMusl() {
  // Without this the report looks up the names of network peers, where Node knows the option.
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime === undefined
}
