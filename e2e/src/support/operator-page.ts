import type { Browser, Page } from 'playwright-core'

export const OPERATOR = { name: 'olivia', password: 'correct horse battery staple' }

/** Follows a fresh node's sign-in link, chooses a name and a password, and returns the signed-in page. */
export async function signInByLink(browser: Browser, signInUrl: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  await page.goto(signInUrl)
  await chooseAccount(page, OPERATOR)
  await page.getByRole('navigation').first().waitFor()
  return page
}

/** Fills in the form that a sign-in link leads to. */
export async function chooseAccount(page: Page, { name, password }: typeof OPERATOR): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByLabel('Password again').fill(password)
  await page.getByRole('button', { name: 'Create and sign in' }).click()
}

/** Signs in with a password that was chosen before. */
export async function signIn(page: Page, { name, password }: typeof OPERATOR): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation').first().waitFor()
}
