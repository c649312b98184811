import type { Browser, Page } from 'playwright-core'

export const OPERATOR = { name: 'olivia', password: 'correct horse battery staple' }

/** Follows a fresh node's sign-in link, chooses a name and a password, and answers the page that is signed in. */
export async function signInByLink(browser: Browser, signInUrl: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  await page.goto(signInUrl)
  await page.getByLabel('Name').fill(OPERATOR.name)
  await page.getByLabel(/^Password/).fill(OPERATOR.password)
  await page.getByRole('button', { name: /sign in|create|begin/i }).click()
  await page.getByRole('navigation').first().waitFor()
  return page
}
