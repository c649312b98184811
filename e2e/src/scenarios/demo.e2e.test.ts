import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChatServer } from '../../../demo/src/chat-server.ts'
import { setStage, type Stage } from '../../../demo/src/stage.ts'
import { booksOf, imbalances } from '../support/books.ts'
import { launchChromium } from '../support/chromium.ts'
import { until } from '../support/until.ts'

describe('the demo', () => {
  let stage: Stage
  let chat: ChatServer
  let address: string
  let browser: Browser
  beforeAll(async () => {
    stage = await setStage(0.15)
    chat = new ChatServer(stage.scene, stage.node.controlUrl)
    address = await chat.listen()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    chat?.close()
    await stage?.stop()
  })

  it('lets a visitor talk to a friend, kick itself, read why, and come back', async () => {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on(
      'console',
      (message) => void (message.text().includes('Content Security') && complaints.push(message.text())),
    )
    await page.goto(address)
    const you = page.getByRole('region', { name: 'You', exact: true })
    const friend = page.getByRole('region', { name: 'Your friend' })
    const record = page.getByRole('region', { name: 'Your connection' })
    await you.getByText('open', { exact: true }).waitFor()
    await you.getByLabel('Message').fill('hello over there')
    await you.getByLabel('Message').press('Enter')
    await friend.getByText('hello over there').waitFor()
    await record.getByText('Deliveries written').waitFor()

    await record.getByRole('button', { name: 'Kick yourself' }).click()
    await you.getByText(/code 4504, not coming back by itself/).waitFor()
    await record
      .getByRole('status')
      .getByText(/disconnected the client/)
      .waitFor()
    expect(await record.getByText('kicked', { exact: true }).count()).toBeGreaterThan(0)

    await record.getByRole('button', { name: 'Connect again' }).click()
    await you.getByText('open', { exact: true }).waitFor()
    expect(complaints).toEqual([])
  })

  it('has a crowd that causes closes and refusals of several kinds', async () => {
    const kinds = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).filter((n) => n > 0).length
    const books = await until(
      'closes and refusals of several kinds',
      async () => {
        const books = await booksOf(stage.node.rest)
        return kinds(books.closedByReason) >= 3 && kinds(books.refusedByReason) >= 2 ? books : undefined
      },
      { withinMs: 45_000, everyMs: 500 },
    )
    expect(imbalances(books)).toEqual([])
  })
})
