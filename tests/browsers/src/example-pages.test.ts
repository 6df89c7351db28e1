import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { counter } from '../../../examples/counter/src/app.js'
import { regenerate } from '../../../examples/regenerate/src/app.js'
import { signIn } from '../../../examples/signin/src/app.js'
import { openPage } from './browser.js'
import { press, problemsOf } from './example-page.js'
import { startSite } from './site.js'

const secret = randomBytes(32).toString('base64url')
describe('the counter', () => {
  it('counts and resets by its buttons, and can be used by everybody', async () => {
    const site = await startSite(counter(secret), 'http')
    const page = await openPage()
    await page.visit(site('localhost'))
    const counts = [await page.text('output')]
    for (const button of ['Count up', 'Count up', 'Reset', 'Count up']) {
      await press(page, button)
      counts.push(await page.text('output'))
    }
    expect(counts).toEqual(['0', '1', '2', '0', '1'])
    expect(await problemsOf(page, 'counter')).toEqual([])
  })
})

describe('the sign-in example', () => {
  it('leads through its pages, and each can be used by everybody', async () => {
    const site = await startSite(signIn(secret), 'http')
    const page = await openPage()
    await page.visit(site('localhost'))
    const problems = await problemsOf(page, 'sign-in')
    await page.fill('Name', 'demo')
    await page.fill('Password', 'wrong')
    await press(page, 'Sign in')
    expect(await page.text('[role=alert]')).toBe('Wrong name or password.')
    // The name is still there, and the password is what to type next.
    expect(await page.evaluate(() => document.querySelector<HTMLInputElement>('[name=name]')?.value)).toBe('demo')
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).type)).toBe('password')
    problems.push(...(await problemsOf(page, 'sign-in-failed')))
    await page.type('demo-password')
    await press(page, 'Sign in')
    expect((await page.url()).pathname).toBe('/account')
    expect(await page.text('[role=status]')).toBe('You are signed in.')
    expect(await page.text('li')).toContain('(this one)')
    problems.push(...(await problemsOf(page, 'account')))
    await press(page, 'Sign out')
    expect((await page.url()).pathname).toBe('/sign-in')
    problems.push(...(await problemsOf(page, 'signed-out')))
    expect(problems).toEqual([])
  })
})

describe('the regenerate example', () => {
  it('shows another id after each change of privileges, and can be used by everybody', async () => {
    const site = await startSite(regenerate(secret), 'http')
    const page = await openPage()
    await page.visit(site('localhost'))
    const seen = [await page.text('h1')]
    const ids = new Set([await page.text('code')])
    const problems = await problemsOf(page, 'regenerate-guest')
    for (const button of ['Sign in', 'Sign out']) {
      await press(page, button)
      seen.push(await page.text('h1'))
      ids.add(await page.text('code'))
      if (button === 'Sign in') problems.push(...(await problemsOf(page, 'regenerate-admin')))
    }
    expect(seen).toEqual(['You are a guest', 'You are the admin', 'You are a guest'])
    expect([ids.size, await page.text('dd')]).toEqual([3, '3'])
    expect(problems).toEqual([])
  })
})

it.each([
  ['counter', counter],
  ['signin', signIn],
  ['regenerate', regenerate],
] as const)('%s has a page for what is not there, and an icon', async (name, example) => {
  const site = await startSite(example(secret), 'http')
  const page = await openPage()
  await page.visit(site('localhost', '/nowhere'))
  expect(await page.text('h1')).toBe('There is no such page')
  const icon = await page.evaluate(() => document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href)
  expect(icon).toMatch(/^data:image\/svg/)
  expect(await problemsOf(page, `${name}-not-found`)).toEqual([])
  await page.click('a')
  await page.until(() => location.pathname !== '/nowhere' && document.readyState === 'complete')
  expect(await page.text('h1')).not.toBe('There is no such page')
})

it.each([
  ['counter', counter, 'count: 0\n'],
  ['regenerate', regenerate, expect.stringMatching(/^guest, 1 visits, session .{43}\n$/)],
] as const)('%s answers with a line of text who does not ask for a page', async (_name, example, line) => {
  const site = await startSite(example(secret), 'http')
  expect(await (await fetch(site('localhost'))).text()).toEqual(line)
})
