// npm run screenshots [-- folder]: every page of the control room in both themes, from a node with a crowd on it.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ConnectionRow, CloseRecord, Page as ListPage } from '@gatehouse/protocol/rest'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../e2e/src/support/chromium.ts'
import { signInByLink } from '../../e2e/src/support/operator-page.ts'
import { planAndRun, whenOver } from '../../e2e/src/support/operations.ts'
import type { Rest } from '../../e2e/src/support/rest.ts'
import { ChatServer } from './chat-server.ts'
import { setStage } from './stage.ts'

const folder = resolve(process.argv[2] ?? 'docs/screenshots')
/** Long enough for charts with a shape and for a few closes of most kinds. */
const lifeMs = Number(process.env['SCREENSHOT_LIFE_MS'] ?? 75_000)
const themes = ['dark', 'light'] as const
/** Pages whose charts begin when one looks at them. */
const dwellMs: Readonly<Record<string, number>> = { connection: 20_000, room: 20_000 }
const desktop = { width: 1440, height: 900 }
const phone = { width: 390, height: 844 }

mkdirSync(folder, { recursive: true })
const stage = await setStage()
const browser = await launchChromium()
try {
  const { signInUrl, controlUrl, rest } = stage.node
  if (signInUrl === undefined) throw new Error('a fresh node prints a sign-in link')
  const origin = controlUrl.replace(/\/$/, '')
  await shootSignIn(browser, signInUrl)
  const operator = await signInByLink(browser, signInUrl)
  const session = await operator.context().storageState()
  await operator.context().close()
  await stage.scene.wait(lifeMs)
  await makeSomethingToSee(rest)

  const paths = await pagePaths(rest)
  for (const theme of themes) {
    const context = await browser.newContext({ viewport: desktop, storageState: session, colorScheme: theme })
    const page = await context.newPage()
    for (const [name, path] of paths) await shoot(page, origin + path, `${name}-${theme}`, dwellMs[name])
    await page.setViewportSize(phone)
    await shoot(page, `${origin}/`, `overview-phone-${theme}`)
    await context.close()
  }
  await shootChat(browser)
  await shootDrain(browser, session, origin, rest)
} finally {
  await browser.close()
  await stage.stop()
}

async function shootSignIn(browser: Browser, url: string): Promise<void> {
  for (const theme of themes) {
    const context = await browser.newContext({ viewport: desktop, colorScheme: theme })
    await shoot(await context.newPage(), url, `signin-${theme}`)
    await context.close()
  }
}

async function shootChat(browser: Browser): Promise<void> {
  const chat = new ChatServer(stage.scene, stage.node.controlUrl)
  const page = await browser.newPage({ viewport: desktop })
  try {
    await page.goto(await chat.listen())
    const you = page.getByRole('region', { name: 'You', exact: true })
    await you.getByText('open', { exact: true }).waitFor()
    await stage.scene.wait(8000)
    await page.getByRole('button', { name: 'Kick yourself' }).click()
    await you.getByText(/code 4504/).waitFor()
    await page.waitForTimeout(2500)
    await page.screenshot({ path: join(folder, 'demo-chat.png') })
  } finally {
    await page.close()
    chat.close()
  }
}

async function makeSomethingToSee(rest: Rest): Promise<void> {
  await rest.post('/v1/rooms/game:arena-3/close', { reason: 'maintenance', message: 'back in ten minutes' })
  const { operation } = await planAndRun(rest, {
    kind: 'disconnect',
    reason: 'kiosk release 1.4',
    target: { filter: 'client:kiosk' },
    parameters: { rate: 10, disconnectReason: 'force_reconnect', message: 'a new version is ready' },
  })
  await whenOver(rest, operation.id, 60_000)
}

async function pagePaths(rest: Rest): Promise<[string, string][]> {
  const { items: rows } = await rest.get<ListPage<ConnectionRow>>('/v1/connections', {
    filter: 'room:chat:lobby',
    limit: 1,
  })
  const { items: closed } = await rest.get<ListPage<CloseRecord>>('/v1/closed', { filter: 'reason:kicked', limit: 1 })
  const { items: operations } = await rest.get<ListPage<{ id: string }>>('/v1/operations', { limit: 1 })
  return [
    ['overview', '/?range=5m'],
    ['connections', '/connections'],
    ['connection', `/connections/${rows[0]?.id ?? ''}`],
    ['rooms', '/rooms'],
    ['room', `/rooms/${encodeURIComponent('chat:lobby')}`],
    ['closed', '/closed'],
    ['close-record', `/c/${closed[0]?.id ?? ''}`],
    ['refusals', '/refusals'],
    ['bans', '/bans'],
    ['node', '/node'],
    ['operations', '/operations'],
    ['operation', `/operations/${operations[0]?.id ?? ''}`],
    ['audit', '/audit'],
    ['access', '/access'],
  ]
}

async function shootDrain(
  browser: Browser,
  session: Awaited<ReturnType<ReturnType<Page['context']>['storageState']>>,
  origin: string,
  rest: Rest,
): Promise<void> {
  const { operation } = await planAndRun(rest, {
    kind: 'drain',
    reason: 'kernel update',
    parameters: { rate: 8, noticeMs: 2000, lbWaitMs: 0 },
  })
  await stage.scene.wait(14_000)
  for (const theme of themes) {
    const context = await browser.newContext({ viewport: desktop, storageState: session, colorScheme: theme })
    const page = await context.newPage()
    await shoot(page, `${origin}/operations/${operation.id}`, `drain-${theme}`)
    await page.setViewportSize(phone)
    await shoot(page, `${origin}/operations/${operation.id}`, `drain-phone-${theme}`)
    await context.close()
  }
  await rest.post(`/v1/operations/${operation.id}/cancel`)
}

/** Opens an address and takes its picture when the live data has been there for a moment. */
async function shoot(page: Page, address: string, name: string, ms = 2500): Promise<void> {
  await page.goto(address)
  await page.waitForLoadState('load')
  await page.evaluate(() => document.fonts.ready)
  await page.waitForTimeout(ms)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  process.stdout.write(`${name}\n`)
}
