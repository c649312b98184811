// Finds the Node that runs Gatehouse. The scripts themselves run on any Node from 18 on.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { ROOT } from './clone.mjs'

/** A problem that the user can fix; printed as one line. */
export class Problem extends Error {}

// The first release of each line that fixes the Brotli decoder's out-of-bounds write.
const FLOORS = [
  { major: 24, minor: 22, patch: 1 },
  { major: 26, minor: 12, patch: 1 },
]

const WANTED = 'Node.js 24.22.1 or a later 24, or 26.12.1 or later'

/** Whether the system's Node is used when it has this version: from the floor of its line on, and any line after 26. */
export function isAccepted(version) {
  const [major, minor, patch] = version.split('.').map(Number)
  const floor = FLOORS.find((candidate) => candidate.major === major)
  if (floor === undefined) return major > 26
  return minor > floor.minor || (minor === floor.minor && patch >= floor.patch)
}

/** Says in one line why this platform cannot run Gatehouse; undefined when it can. */
export function platformProblem({ platform, arch, isMusl, hasAcceptedNode }) {
  if (platform === 'win32') return 'Gatehouse does not run on Windows. Run it in WSL 2.'
  if (isMusl) {
    return 'Gatehouse needs glibc, and this system has musl (Alpine). Use a Debian, Ubuntu or Fedora system, or the container image.'
  }
  if (hasAcceptedNode) return undefined
  const pinned = ['linux-x64', 'linux-arm64', 'darwin-x64']
  if (pinned.includes(`${platform}-${arch}`)) return undefined
  return `Gatehouse comes without a Node.js for ${platform}-${arch}. Install ${WANTED} and start again.`
}

/** @throws Problem when this platform cannot run Gatehouse */
export function checkPlatform() {
  const { platform, arch } = process
  const hasAcceptedNode = systemNode() !== undefined
  const problem = platformProblem({ platform, arch, isMusl: platform === 'linux' && isMusl(), hasAcceptedNode })
  if (problem !== undefined) throw new Problem(problem)
}

/** The path of the Node to run with: the system's if it is accepted, otherwise the one that npm installed. */
export function chooseNode() {
  const system = systemNode()
  if (system !== undefined) return system
  const pinned = join(ROOT, 'node_modules', '.bin', 'node')
  if (existsSync(pinned)) return pinned
  throw new Problem(`No usable Node.js was installed with the dependencies. Install ${WANTED} and start again.`)
}

/** This process's environment, with `node` and the installed programs first on PATH, and Nx without cloud or daemon. */
export function toolEnvironment(node = chooseNode()) {
  return {
    ...process.env,
    PATH: [dirname(node), join(ROOT, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
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
  // Otherwise the report looks up the names of network peers. Older Nodes ignore the option.
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime === undefined
}
