import { describe, expect, it } from 'vitest'
import { fillIn, passwords, signedIn, startAccounts } from './accounts-site.js'
import { engine, openPage, type Page } from './browser.js'
import { follow, leave, press, problemsOf } from './example-page.js'

const path = async (page: Page): Promise<string> => {
  const { pathname, search } = await page.url()
  return pathname + search
}
const heading = (page: Page): Promise<string> => page.text('h1')
const flash = async (page: Page): Promise<string> => (await page.text('.flash')).trim()

// What the pages do is the same in every engine; what engines do with cookies is in the other files.
describe.runIf(engine === 'chromium')('the accounts example, with two browsers of one person,', () => {
  it('signs one out from the other, and its next click leads to the sign-in and back', async () => {
    const site = await startAccounts()
    const { page: here } = await signedIn(site, 'ada')
    const { page: there } = await signedIn(site, 'ada', { remember: true })

    await follow(here, 'Account')
    expect(await here.count('.rows li')).toBe(2)
    expect(await here.text('.rows li')).toContain('This device')
    await leave(here, () => here.click('[action="/account/sign-out-device"] button'))
    expect([await flash(here), await here.count('.rows li')]).toEqual(['That device is signed out.', 1])

    await follow(there, 'Account')
    expect([await path(there), await heading(there)]).toEqual(['/sign-in?next=%2Faccount', 'Sign in'])
    await fillIn(there, 'ada')
    expect([await path(there), await heading(there)]).toEqual(['/account', 'Your account'])
    expect(await there.count('.rows li')).toBe(2)
  })

  it('ends one when the password is changed in the other, which goes on', async () => {
    const site = await startAccounts()
    const { page: here } = await signedIn(site, 'ada')
    const { page: there } = await signedIn(site, 'ada')
    await follow(here, 'Account')
    await follow(here, 'Change your password')
    await here.fill('New password', 'a loom of numbers')
    await press(here, 'Change the password')
    expect([await path(here), await flash(here)]).toEqual([
      '/account',
      expect.stringContaining('You have a new password'),
    ])

    await follow(there, 'Members')
    expect(await path(there)).toBe('/sign-in?next=%2Fmembers')
    await fillIn(there, 'ada')
    expect(await there.text('[role=alert]')).toBe('Wrong name or password.')
    expect(await path(here)).toBe('/account')
    await follow(here, 'Members')
    expect(await heading(here)).toBe('Members')
  })

  it('asks a remembered one for the password before the password is changed', async () => {
    const site = await startAccounts()
    const { page } = await signedIn(site, 'ada', { remember: true })
    await follow(page, 'Account')
    await follow(page, 'Change your password')
    expect([await path(page), await heading(page)]).toEqual(['/confirm?next=%2Faccount%2Fpassword', 'Is it you, ada?'])
    await page.fill('Password', 'not this one')
    await press(page, 'Go on')
    expect(await page.text('[role=alert]')).toBe('That is not your password.')
    await page.fill('Password', passwords.ada)
    await press(page, 'Go on')
    expect([await path(page), await heading(page)]).toEqual(['/account/password', 'A new password'])
  })

  it('ends the first of six', async () => {
    const site = await startAccounts()
    const { page: first } = await signedIn(site, 'ada')
    for (let device = 2; device <= 5; device++) await signedIn(site, 'ada')
    await follow(first, 'Account')
    expect(await first.count('.rows li')).toBe(5)
    const { page: sixth } = await signedIn(site, 'ada')
    await follow(first, 'Members')
    expect(await path(first)).toBe('/sign-in?next=%2Fmembers')
    await follow(sixth, 'Account')
    expect(await sixth.count('.rows li')).toBe(5)
  })

  it('opens nothing with the cookie that a thief has planted before the sign-in, not even while it goes on', async () => {
    const site = await startAccounts()
    const { page: thief } = await signedIn(site, 'bob')
    const victim = await openPage()
    await victim.visit(site('shop.test', '/sign-in'))
    const planted = await thief.cookies()
    await victim.addCookies(planted)
    /** What five requests at once show, again and again until the sign-in is done. */
    const stolen = thief.evaluate(async () => {
      const seen = new Set<string>()
      for (let isOver = false; !isOver; document.body.setAttribute('data-seen', '')) {
        const answers = await Promise.all(Array.from({ length: 5 }, () => fetch('/account')))
        const pages = await Promise.all(answers.map((answer) => answer.text()))
        for (const page of pages) seen.add(page.match(/You are <strong>(\w+)/)?.[1] ?? 'nobody')
        isOver = answers.every(({ status }) => status === 401)
      }
      return [...seen]
    })
    await thief.until(() => document.body.hasAttribute('data-seen'))
    await fillIn(victim, 'ada')
    expect(await flash(victim)).toBe('You are signed in. Welcome back, ada!')
    expect(await stolen).toEqual(['bob', 'nobody'])
    expect(await victim.cookies()).toMatchObject([{ name: planted[0]?.name }])
    expect((await victim.cookies())[0]?.value).not.toBe(planted[0]?.value)
    await follow(thief, 'Account')
    expect(await path(thief)).toBe('/sign-in?next=%2Faccount')
  })
})

describe.runIf(engine === 'chromium')('the accounts example', () => {
  it('lets an admin see the site as somebody else, without what is theirs alone', async () => {
    const site = await startAccounts()
    const { page } = await signedIn(site, 'root')
    await follow(page, 'Admin')
    await press(page, 'See the site as ada')
    expect([await path(page), await page.text('.acting span')]).toEqual(['/members', 'root, you see the site as ada.'])
    await follow(page, 'Account')
    expect(await page.count('main form')).toBe(0)
    await page.visit(site('shop.test', '/account/password'))
    expect(await heading(page)).toBe('Not as somebody else')
    await press(page, 'Be yourself again')
    expect([await path(page), await flash(page)]).toEqual(['/admin', 'You are yourself again.'])
  })

  /** What is wrong with the page that is shown, under its name in the example. */
  const look = (page: Page, name: string): Promise<string[]> => problemsOf(page, `accounts-${name}`)

  it('has pages that everybody can use, for who is not signed in', async () => {
    const site = await startAccounts()
    const page = await openPage()
    await page.visit(site('shop.test'))
    const problems = await look(page, 'welcome')
    await follow(page, 'Sign up')
    await page.fill('Name', 'ada')
    await page.fill('Password', 'short')
    await press(page, 'Sign up')
    problems.push(...(await look(page, 'sign-up-wrong')))
    await page.visit(site('shop.test', '/members'))
    problems.push(...(await look(page, 'sign-in')))
    await page.fill('Name', 'root')
    await page.fill('Password', 'wrong')
    await press(page, 'Sign in')
    problems.push(...(await look(page, 'sign-in-wrong')))
    // The name is still there, and the password is what to type next.
    await page.type(passwords.root)
    await press(page, 'Sign in')
    expect(await path(page)).toBe('/members')
    await press(page, 'Sign out')
    expect(await flash(page)).toBe('You are signed out.')
    problems.push(...(await look(page, 'signed-out')))
    expect(problems).toEqual([])
  })

  it('has pages that everybody can use, for members', async () => {
    const site = await startAccounts()
    await signedIn(site, 'ada')
    const { page } = await signedIn(site, 'ada', { remember: true })
    const problems = await look(page, 'members')
    await follow(page, 'Account')
    problems.push(...(await look(page, 'account')))
    await follow(page, 'Change your password')
    problems.push(...(await look(page, 'confirm')))
    await page.fill('Password', passwords.ada)
    await press(page, 'Go on')
    problems.push(...(await look(page, 'password')))
    await page.visit(site('shop.test', '/admin'))
    expect(await heading(page)).toBe('That is not for you')
    problems.push(...(await look(page, 'forbidden')))
    expect(problems).toEqual([])
  })

  it('has pages that everybody can use, for an admin', async () => {
    const site = await startAccounts()
    const { page } = await signedIn(site, 'root')
    await follow(page, 'Admin')
    const problems = await look(page, 'admin')
    await press(page, 'See the site as bob')
    problems.push(...(await look(page, 'acting')))
    await follow(page, 'Account')
    problems.push(...(await look(page, 'acting-account')))
    await page.visit(site('shop.test', '/nowhere'))
    expect(await heading(page)).toBe('There is no such page')
    problems.push(...(await look(page, 'not-found')))
    expect(problems).toEqual([])
  })
})
