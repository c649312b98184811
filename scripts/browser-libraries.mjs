// Makes sure that the Chromium from npm finds its libraries and a font, where no browser is installed.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runQuietly } from './child.mjs'

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const DEBIAN_PACKAGES = ['libnss3', 'libnspr4', 'fonts-dejavu-core']

/** Installs what is missing if this process may; otherwise says in one line what to run. */
export async function ensureBrowserLibraries(say) {
  if (process.platform !== 'linux' || BROWSERS.some(isOnPath) || hasLibraries()) return
  const command = `apt-get install -y --no-install-recommends ${DEBIAN_PACKAGES.join(' ')}`
  if (process.getuid() !== 0 || !isOnPath('apt-get')) {
    say(`No browser is installed and Chromium's libraries are missing. On Debian run: sudo ${command}`)
    return
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const script = `apt-get update -q && ${command}`
  await runQuietly({
    doing: "Installing Chromium's libraries",
    done: "Installed Chromium's libraries",
    file: '/bin/sh',
    args: ['-c', script],
    env,
    say,
  })
}

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, name)))
}

function hasLibraries() {
  try {
    const known = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8', stdio: 'pipe' })
    return known.includes('libnss3.so') && known.includes('libnspr4.so') && existsSync('/usr/share/fonts')
  } catch {
    return false
  }
}
