// npm run screenshots [-- folder]: every page of the control room in both themes, from a node with a crowd on it.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { recoveryFailures } from '@gatehouse/protocol'
import type { CloseRecord, ConnectionRow, Operation, Page as ListPage, RoomDetail } from '@gatehouse/protocol/rest'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../e2e/src/support/chromium.ts'
import { signInByLink } from '../../e2e/src/support/operator-page.ts'
import { planAndRun, whenOver } from '../../e2e/src/support/operations.ts'
import type { Rest } from '../../e2e/src/support/rest.ts'
import { until } from '../../e2e/src/support/until.ts'
import { ChatServer } from './chat-server.ts'
import { setStage } from './stage.ts'

const folder = resolve(process.argv[2] ?? 'docs/screenshots')
/** How long the crowd runs first: long enough to fill the charts and for closes of most kinds. */
const lifeMs = Number(process.env['SCREENSHOT_LIFE_MS'] ?? 75_000)
const THEMES = ['dark', 'light'] as const
/** Pages whose charts begin empty, and how long to wait for them. */
const DWELL_MS: Readonly<Record<string, number>> = { connection: 20_000, room: 20_000 }
/** The live stream updates everything once in this time. */
const TICK_MS = 1000
const DESKTOP = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
const ROOM_PATH = `/rooms/${encodeURIComponent('chat:lobby')}`

mkdirSync(folder, { recursive: true })
const stage = await setStage()
const browser = await launchChromium()
try {
  const { signInUrl, controlUrl, rest } = stage.node
  if (signInUrl === undefined) throw new Error('the node printed no sign-in link')
  const origin = controlUrl.replace(/\/$/, '')
  await shootSignIn(browser, signInUrl)
  const operator = await signInByLink(browser, signInUrl)
  const session = await operator.context().storageState()
  await operator.context().close()
  await stage.scene.wait(lifeMs)
  await makeSomethingToSee(rest)

  const paths = await pagePaths(rest)
  for (const theme of THEMES) {
    const context = await browser.newContext({ viewport: DESKTOP, storageState: session, colorScheme: theme })
    const page = await context.newPage()
    for (const [name, path] of paths) await shoot(page, origin + path, `${name}-${theme}`, DWELL_MS[name])
    await page.setViewportSize(PHONE)
    await shoot(page, `${origin}/`, `overview-phone-${theme}`)
    await shoot(page, `${origin}${ROOM_PATH}`, `room-phone-${theme}`, DWELL_MS['room'])
    await context.close()
  }
  await shootChat(browser)
  await shootDrain(browser, session, origin, rest)
} finally {
  await browser.close()
  await stage.stop()
}

async function shootSignIn(browser: Browser, url: string): Promise<void> {
  for (const theme of THEMES) {
    const context = await browser.newContext({ viewport: DESKTOP, colorScheme: theme })
    await shoot(await context.newPage(), url, `signin-${theme}`)
    await context.close()
  }
}

async function shootChat(browser: Browser): Promise<void> {
  const chat = new ChatServer(stage.scene, stage.node.controlUrl)
  const page = await browser.newPage({ viewport: DESKTOP })
  try {
    await page.goto(await chat.listen())
    const you = page.getByRole('region', { name: 'You', exact: true })
    const record = page.getByRole('region', { name: 'Your connection' })
    await you.getByText('open', { exact: true }).waitFor()
    await stage.scene.wait(8000)
    await page.getByRole('button', { name: 'Kick yourself' }).click()
    await you.getByText(/code 4504/).waitFor()
    await record
      .getByRole('status')
      .getByText(/disconnected the client/)
      .waitFor()
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
  await until(
    'a resume that failed, and many that did not',
    async () => {
      const { recoveries } = await rest.get<RoomDetail>(`/v1${ROOM_PATH}`)
      return recoveries.recovered > 20 && recoveryFailures.some((reason) => recoveries[reason] > 0)
    },
    { withinMs: 180_000, everyMs: 1000 },
  )
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
    ['room', ROOM_PATH],
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
  await until(
    'a quarter of the connections are gone',
    async () => {
      const { progress } = await rest.get<Operation>(`/v1/operations/${operation.id}`)
      return progress.buckets.remaining < progress.initial * 0.75
    },
    { withinMs: 60_000, everyMs: 250 },
  )
  for (const theme of THEMES) {
    const context = await browser.newContext({ viewport: DESKTOP, storageState: session, colorScheme: theme })
    const page = await context.newPage()
    await shoot(page, `${origin}/operations/${operation.id}`, `drain-${theme}`)
    await page.setViewportSize(PHONE)
    await shoot(page, `${origin}/operations/${operation.id}`, `drain-phone-${theme}`)
    await context.close()
  }
  await rest.post(`/v1/operations/${operation.id}/cancel`)
}

/** Opens an address and takes its screenshot `lookMs` after its data, the live stream and the fonts have loaded. */
async function shoot(page: Page, address: string, name: string, lookMs = TICK_MS): Promise<void> {
  await page.goto(address)
  await page.getByRole('heading').first().waitFor()
  if (!address.includes('/signin')) await page.getByText(/^live · /).waitFor()
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null)
  await page.evaluate(() => document.fonts.ready)
  await page.waitForTimeout(lookMs)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  process.stdout.write(`${name}\n`)
}
