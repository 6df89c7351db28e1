import { Hono } from 'hono'
import { html } from 'hono/html'
import { describe, expect, it } from 'vitest'
import { engine, inEngine, newProfile, openBrowser, type Page } from './browser.js'
import { countingApp } from './counting-app.js'
import { startSite } from './site.js'

type ThirdParties = 'allowed' | 'blocked'

async function openPageThat(thirdParties: ThirdParties | 'as they are'): Promise<Page> {
  const settings = thirdParties === 'as they are' ? {} : { profile: await newProfile(), thirdParties }
  return (await openBrowser(settings)).newPage()
}

/** What a widget counts, which two sites embed, and which is visited by itself at last. */
async function countsOf(page: Page, cookie: { partitioned?: boolean; sameSite?: 'none' }): Promise<string[]> {
  const widget = await startSite(countingApp({ cookie }))
  const embedding = await startSite(
    new Hono().get('/', (c) => c.html(html`<iframe src="${widget('widget.test', '/count')}"></iframe>`)),
  )
  const counts = []
  for (const host of ['news.test', 'news.test', 'mail.test'] as const) {
    await page.open(embedding(host))
    counts.push(await page.frameText())
  }
  counts.push(await page.visit(widget('widget.test', '/count')), await page.visit(widget('widget.test', '/count')))
  return counts
}

/** Chromium has a setting. The two others have a rule that nobody sets. */
const settings = engine === 'chromium' ? (['allowed', 'blocked'] as const) : (['as they are'] as const)

describe.each(settings)('where third-party cookies are %s', (thirdParties) => {
  it('a partitioned cookie is a session for each site that embeds the frame, and one for the frame by itself', async () => {
    const counts = await countsOf(await openPageThat(thirdParties), { sameSite: 'none', partitioned: true })
    const partitioned = ['1', '2', '1', '1', '2']
    // WebKitGTK 2.50 keeps no cookie of a frame whose site was not visited by itself before.
    expect(counts).toEqual(inEngine({ chromium: partitioned, firefox: partitioned, webkit: ['1', '1', '1', '1', '2'] }))
  })

  it('SameSite=None without Partitioned', async () => {
    const counts = await countsOf(await openPageThat(thirdParties), { sameSite: 'none' })
    const none = ['1', '1', '1', '1', '2']
    expect(counts).toEqual(
      inEngine({
        chromium: thirdParties === 'allowed' ? ['1', '2', '3', '4', '5'] : none,
        // Partitioned by itself, whatever the cookie says.
        firefox: ['1', '2', '1', '1', '2'],
        webkit: none,
      }),
    )
  })

  it('a lax cookie is neither stored nor sent in a frame of another site', async () => {
    const counts = await countsOf(await openPageThat(thirdParties), {})
    expect(counts).toEqual(['1', '1', '1', '1', '2'])
  })
})
