import type { JoinOk } from '@gatehouse/protocol'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { artifact } from '../support/artifact.ts'
import { launchChromium } from '../support/chromium.ts'
import { closeCrowd, connectCrowd } from '../support/crowd.ts'
import { NodeProcess } from '../support/node-process.ts'
import { chooseAccount, OPERATOR, signIn, signInByLink } from '../support/operator-page.ts'
import { bySize } from '../support/size.ts'
import { until } from '../support/until.ts'
import { WsClient } from '../support/ws-client.ts'

describe('the control room in a browser', () => {
  let node: NodeProcess
  let browser: Browser
  let page: Page
  /** What the browser complained about: blocked by the content policy, not found, thrown. */
  const complaints: string[] = []
  beforeAll(async () => {
    node = await NodeProcess.start()
    browser = await launchChromium()
    page = await signInByLink(browser, node.signInUrl ?? 'no link was printed')
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
  })
  beforeEach(() => complaints.splice(0))
  afterAll(async () => {
    await browser?.close()
    await node?.dispose()
  })

  const open = (path: string): Promise<unknown> => page.goto(node.controlUrl.replace(/\/$/, '') + path)
  const connected = (sub: string): Promise<WsClient> =>
    WsClient.connect(node.gatewayUrl, node.token({ sub, rooms: { '**': ['join', 'publish'] } }), {
      client: { name: 'plain', version: '1.0' },
    })

  it('lets an operator in once with the printed link, and with a password from then on', async () => {
    const second = await (await browser.newContext()).newPage()
    await second.goto(node.signInUrl ?? '')
    await chooseAccount(second, { name: 'intruder', password: 'a long enough password' })
    expect(await second.getByRole('alert').textContent()).not.toBe('')
    expect(await second.getByRole('navigation').count()).toBe(0)
    await second.goto(`${node.controlUrl}signin`)
    await signIn(second, OPERATOR)
    await second.context().close()
  })

  it('shows a plain client, kicks it, and shows the same id, operator, reason and message on Closed', async () => {
    const client = await connected('alice')
    const before = await node.rest.metrics()
    await open('/connections?filter=user:alice')
    const row = page.getByRole('row').filter({ hasText: client.connection })
    await row.waitFor()
    expect(await row.textContent()).toContain('alice')
    expect(await row.textContent()).toContain('plain/1.0')

    await row.getByRole('link', { name: client.connection }).click()
    await page
      .getByRole('button', { name: /^Disconnect/ })
      .first()
      .click()
    const form = page.getByRole('form', { name: 'Disconnect this connection' })
    await form.getByLabel(/^Message to the client/).fill('be kind')
    await form.getByRole('button', { name: /^Disconnect/ }).click()

    expect(await client.next('disconnect')).toMatchObject({
      code: 4504,
      reason: 'kicked',
      connection: client.connection,
      message: 'be kind',
    })
    expect(await client.whenClosed()).toEqual({ code: 4504, reason: `kicked ${client.connection}` })

    await page.getByText('Its last known state is shown below.').waitFor()
    await page.getByRole('heading', { name: 'Rooms', exact: true }).waitFor()

    await open(`/closed?filter=id:${client.connection}`)
    const record = page.getByRole('row').filter({ hasText: client.connection })
    await record.waitFor()
    const words = await record.textContent()
    for (const word of ['kicked', 'alice', `${OPERATOR.name} disconnected the client`, 'be kind'])
      expect(words).toContain(word)
    await open(`/c/${client.connection}`)
    await page.getByText(`${OPERATOR.name} disconnected the client`).first().waitFor()

    const after = await node.rest.metrics()
    const moved = (labels: Record<string, string>): number =>
      (after.sum('gatehouse_disconnects_total', labels) ?? Number.NaN) -
      (before.sum('gatehouse_disconnects_total', labels) ?? Number.NaN)
    expect([moved({ reason: 'kicked' }), moved({})]).toEqual([1, 1])
  })

  it('closes a room for its members and opens it again', async () => {
    const client = await connected('bob')
    await client.ask('join', { room: 'chat:lobby' })
    await open('/rooms')
    await page.getByRole('link', { name: 'chat:lobby' }).first().click()
    await page.getByRole('button', { name: /^Close room/ }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByLabel(/^Reason/).fill('maintenance')
    await dialog.getByLabel(/^Message to the members/).fill('back at noon')
    await dialog.getByLabel(/^Type/).fill('chat:lobby')
    await dialog.getByRole('button', { name: 'Close chat:lobby' }).click()
    expect(await client.next('roomClosed')).toMatchObject({ room: 'chat:lobby', message: 'back at noon' })
    expect((await client.reply('join', { room: 'chat:lobby' })).error?.code).toBe('room_closed')
    await page.getByRole('button', { name: 'Reopen' }).click()
    await page.getByRole('button', { name: /^Close room/ }).waitFor()
    await client.ask('join', { room: 'chat:lobby' })
    await client.close()
  })

  it('shows on a room’s page how resumes went and that it keeps no history', async () => {
    const first = await connected('carol')
    const { epoch } = await first.ask<JoinOk>('join', { room: 'chat:resumed' })
    const again = await connected('carol')
    await again.ask('join', { room: 'chat:resumed', since: { epoch, offset: 0 } })
    await first.ask('publish', { room: 'chat:resumed', data: 'one' })
    await again.ask('leave', { room: 'chat:resumed' })
    await again.ask('join', { room: 'chat:resumed', since: { epoch, offset: 0 } })

    await open('/rooms/chat:resumed')
    const stream = page.getByRole('region', { name: 'Stream' })
    await stream.getByText(epoch, { exact: true }).waitFor()
    await stream.getByText('Messages are numbered, but not kept').waitFor()
    const resumes = page.getByRole('region', { name: 'Resumes' })
    await resumes.getByText('1 of 2 got all they missed, 1 did not').waitFor()
    const reasons = resumes.getByRole('list', { name: 'Why resumes failed' })
    expect(await reasons.textContent()).toMatch(/history_off\s*1\s*The room type keeps no history/)
    await page.getByRole('region', { name: 'Lag and drops' }).getByText('No delivery was dropped').waitFor()
    expect(complaints).toEqual([])
    await closeCrowd([first, again])
  })

  it('keeps its charts across a reload, and a filter in the address', async () => {
    await open('/')
    const chart = page.getByRole('img').first()
    await chart.waitFor()
    await page.reload()
    await chart.waitFor()
    await open('/connections?filter=user:nobody')
    await page.getByText('No matching connections').waitFor()
    expect(new URL(page.url()).searchParams.get('filter')).toBe('user:nobody')
  })

  it('drains the node to zero from its page and returns it to service', async () => {
    const count = bySize({ small: 40, long: 200 })
    const clients = await connectCrowd(node, count, 'chat:drained')
    await open('/node')
    await page.getByLabel('Spread over').fill(bySize({ small: '4s', long: '20s' }))
    await page.getByLabel('Notice before').fill('1s')
    await page.getByRole('button', { name: /^Plan the drain/ }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByRole('columnheader', { name: 'Blast radius' }).waitFor()
    await dialog.getByLabel(/^Reason/).fill('kernel update')
    const typed = dialog.getByLabel(/^Type/)
    if ((await typed.count()) > 0) await typed.fill((await dialog.locator('.typed-name').textContent()) ?? '')
    await dialog.getByRole('button', { name: `Drain ${count} connections` }).click()
    await Promise.all(clients.map((client) => client.whenClosed({ withinMs: 120_000 })))
    expect(new Set(clients.map(({ closed }) => closed?.code))).toEqual(new Set([1012]))
    await page
      .getByRole('button', { name: /Return to service/i })
      .first()
      .click()
    await until('the node is ready again', async () => (await node.rest.fetch('/readyz')).status === 200)
    await closeCrowd(await connectCrowd(node, 1, 'chat:drained'))
  })

  it('opens every page of the navigation in both themes without an error in the browser', async () => {
    await open('/')
    const links = page.getByRole('navigation').first().getByRole('link')
    await links.first().waitFor()
    const names = await links.allTextContents()
    for (const [index, link] of (await links.all()).entries()) {
      await link.click()
      await page.getByRole('heading', { level: 1 }).waitFor()
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme })
        const name = (names[index] ?? 'page').toLowerCase().replaceAll(/[^a-z]+/g, '')
        await page.screenshot({ path: artifact(`${name}-${colorScheme}.png`) })
      }
    }
    expect(complaints).toEqual([])
  })
})
