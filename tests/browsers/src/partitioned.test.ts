import { Hono } from 'hono'
import { html } from 'hono/html'
import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { newProfile, openBrowser, visit } from './browser.js'
import { countingApp } from './counting-app.js'
import { startSite } from './site.js'

/** Chromium's setting. What it is by default differs: Debian's build blocks them, others do not. */
const ThirdPartyCookies = { allowed: 0, blocked: 1 } as const
type ThirdPartyCookies = (typeof ThirdPartyCookies)[keyof typeof ThirdPartyCookies]

const profileThat = (cookieControls: ThirdPartyCookies): Promise<string> =>
  newProfile({ profile: { cookie_controls_mode: cookieControls } })

/** What a widget counts, which two sites embed, and which is visited by itself at last. */
async function countsOf(
  partitioned: boolean,
  thirdParty: ThirdPartyCookies,
): Promise<{ counts: (string | null)[]; browser: BrowserContext }> {
  const widget = await startSite(countingApp({ cookie: { sameSite: 'none', partitioned } }))
  const embedding = await startSite(
    new Hono().get('/', (c) => c.html(html`<iframe src="${widget('widget.test', '/count')}"></iframe>`)),
  )
  const browser = await openBrowser(await profileThat(thirdParty))
  const page = await browser.newPage()
  const counts = []
  for (const host of ['news.test', 'news.test', 'mail.test']) {
    await page.visit(embedding(host))
    counts.push(await frameText(page))
  }
  counts.push(await page.visit(widget('widget.test', '/count')))
  return { counts, browser }
}

function frameText(page: Page): Promise<string | null> {
  return page.frameLocator('iframe').locator('body').textContent()
}

describe.each([
  ['allows', ThirdPartyCookies.allowed],
  ['blocks', ThirdPartyCookies.blocked],
] as const)('in a browser that %s third-party cookies', (_verb, thirdParty) => {
  it('a partitioned cookie is a session for each site that embeds the frame, and one for the frame by itself', async () => {
    const { counts, browser } = await countsOf(true, thirdParty)
    expect(counts).toEqual(['1', '2', '1', '1'])
    const keys = (await browser.cookies()).map(({ partitionKey }) => partitionKey)
    expect(keys.sort()).toEqual(['https://mail.test', 'https://news.test', 'https://widget.test'])
  })
})

describe('SameSite=None without Partitioned', () => {
  it('is one session everywhere where third-party cookies are allowed', async () => {
    expect((await countsOf(false, ThirdPartyCookies.allowed)).counts).toEqual(['1', '2', '3', '4'])
  })

  it('is no session in a frame where they are blocked', async () => {
    expect((await countsOf(false, ThirdPartyCookies.blocked)).counts).toEqual(['1', '1', '1', '1'])
  })
})

it('a lax cookie is neither stored nor sent in a frame of another site, whatever the browser allows', async () => {
  const widget = await startSite(countingApp())
  const embedding = await startSite(
    new Hono().get('/', (c) => c.html(html`<iframe src="${widget('widget.test', '/count')}"></iframe>`)),
  )
  const browser = await openBrowser(await profileThat(ThirdPartyCookies.allowed))
  const page = await browser.newPage()
  await page.visit(embedding('news.test'))
  await page.visit(embedding('news.test'))
  expect([await frameText(page), await browser.cookies()]).toEqual(['1', []])
})
