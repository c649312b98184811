import { existsSync, mkdirSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
/** No traffic to the outside world, and no QUIC on the loopback ports. */
const QUIET = ['--disable-quic', '--disable-background-networking', '--disable-component-update', '--no-first-run']

/** A headless Chromium: an installed one where there is one, else the one that npm brought. */
export async function launchChromium(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0
  return chromium.launch({
    executablePath: INSTALLED.find((path) => existsSync(path)) ?? (await unpacked()),
    headless: true,
    args: isRoot ? [...QUIET, '--no-sandbox'] : QUIET,
  })
}

/** Unpacks into a folder named after the version: the package would reuse whatever an older one left behind. */
async function unpacked(): Promise<string> {
  const { default: packed } = await import('@sparticuz/chromium')
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as {
    version: string
  }
  const folder = join(tmpdir(), `gatehouse-chromium-${version}`)
  mkdirSync(folder, { recursive: true })
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  try {
    return await packed.executablePath()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}
