import { join } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { counter } from '../../../examples/counter/src/app.js'
import { regenerate } from '../../../examples/regenerate/src/app.js'
import { signIn } from '../../../examples/signin/src/app.js'
import { openPage, visit } from './browser.js'
import { startSite } from './site.js'

const secret = 'a secret for tests, of 32 bytes or more'
const sizes = {
  wide: { width: 1280, height: 800 },
  phone: { width: 390, height: 667 },
  narrow: { width: 320, height: 568 },
}

/** What is wrong with the page that is shown, in each size, light and dark. SCREENSHOTS=folder keeps pictures of them. */
async function problemsOf(page: Page, name: string): Promise<string[]> {
  const problems: string[] = []
  await page.evaluate(axe.source)
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [size, viewport] of Object.entries(sizes)) {
      const view = `${name}-${size}-${colorScheme}`
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${view}.png`) })
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) problems.push(`${view}: too wide`)
      const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults
      problems.push(...violations.map(({ id, nodes }) => `${view}: ${id} at ${nodes.map(({ html }) => html)}`))
    }
  }
  if ((await page.locator('script:not([src])').count()) > 0) problems.push(`${name}: an inline script`)
  return problems
}

const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()

it('the counter counts and resets by its buttons, and can be used by everybody', async () => {
  const site = await startSite(counter(secret), 'http')
  const page = await openPage()
  await visit(page, site('localhost'))
  const counts = [await page.textContent('output')]
  for (const button of ['Count up', 'Count up', 'Reset', 'Count up']) {
    await press(page, button)
    counts.push(await page.textContent('output'))
  }
  expect(counts).toEqual(['0', '1', '2', '0', '1'])
  expect(await problemsOf(page, 'counter')).toEqual([])
})

it('the sign-in example leads through its pages, and each can be used by everybody', async () => {
  const site = await startSite(signIn(secret), 'http')
  const page = await openPage()
  await visit(page, site('localhost'))
  const problems = await problemsOf(page, 'sign-in')
  await page.getByLabel('Name').fill('demo')
  await page.getByLabel('Password').fill('wrong')
  await press(page, 'Sign in')
  expect(await page.getByRole('alert').textContent()).toBe('Wrong name or password.')
  // The name is still there, and the password is what to type next.
  expect(await page.getByLabel('Name').inputValue()).toBe('demo')
  expect(await page.getByLabel('Password').evaluate((input) => input === document.activeElement)).toBe(true)
  problems.push(...(await problemsOf(page, 'sign-in-failed')))
  await page.keyboard.type('demo-password')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account')
  expect(await page.getByRole('status').textContent()).toBe('You are signed in.')
  expect(await page.getByRole('listitem').allTextContents()).toEqual([expect.stringContaining('(this one)')])
  problems.push(...(await problemsOf(page, 'account')))
  await press(page, 'Sign out')
  await page.waitForURL('**/sign-in')
  problems.push(...(await problemsOf(page, 'signed-out')))
  expect(problems).toEqual([])
})

it('the regenerate example shows another id after each change of privileges, and can be used by everybody', async () => {
  const site = await startSite(regenerate(secret), 'http')
  const page = await openPage()
  await visit(page, site('localhost'))
  const seen = [await page.textContent('h1')]
  const ids = new Set([await page.textContent('code')])
  const problems = await problemsOf(page, 'regenerate-guest')
  for (const button of ['Sign in', 'Sign out']) {
    await press(page, button)
    seen.push(await page.textContent('h1'))
    ids.add(await page.textContent('code'))
    if (button === 'Sign in') problems.push(...(await problemsOf(page, 'regenerate-admin')))
  }
  expect(seen).toEqual(['You are a guest', 'You are the admin', 'You are a guest'])
  expect([ids.size, await page.textContent('dd')]).toEqual([3, '3'])
  expect(problems).toEqual([])
})

it.each([
  ['counter', counter],
  ['signin', signIn],
  ['regenerate', regenerate],
] as const)('%s has a page for what is not there, and an icon', async (name, example) => {
  const site = await startSite(example(secret), 'http')
  const page = await openPage()
  const answer = await page.goto(site('localhost', '/nowhere'))
  expect([answer?.status(), await page.textContent('h1')]).toEqual([404, 'There is no such page'])
  expect(await page.getAttribute('link[rel=icon]', 'href')).toMatch(/^data:image\/svg/)
  expect(await problemsOf(page, `${name}-not-found`)).toEqual([])
  await page.getByRole('link').click()
  expect(await page.textContent('h1')).not.toBe('There is no such page')
})

it.each([
  ['counter', counter, 'count: 0\n'],
  ['regenerate', regenerate, expect.stringMatching(/^guest, 1 visits, session .{43}\n$/)],
] as const)('%s answers with a line of text who does not ask for a page', async (_name, example, line) => {
  const site = await startSite(example(secret), 'http')
  expect(await (await fetch(site('localhost'))).text()).toEqual(line)
})
