import { describe, expect, it } from 'vitest'
import { type Application, application } from './testing/application.js'
import { Browser } from './testing/browser.js'

/** What the store was asked for meanwhile. */
async function callsOf({ store }: Application, act: () => Promise<unknown>): Promise<string[]> {
  store.forget()
  await act()
  return store.methods
}

describe('what a binding costs in calls of the store', () => {
  it('is nothing at a sign-in: it is noted with the user', async () => {
    const app = application()
    const browser = new Browser(app.fetch)
    expect(await callsOf(app, () => browser.visit('/sign-in'))).toEqual(['create'])
  })

  it('is nothing at a registration, nothing at a refresh, and one update at the first proof', async () => {
    const app = application()
    const browser = new Browser(app.fetch, 'ES256')
    expect(await callsOf(app, () => browser.visit('/sign-in'))).toEqual(['create'])
    expect(await callsOf(app, () => browser.visit('/'))).toEqual(['load', 'update'])
    expect(await callsOf(app, () => browser.visit('/'))).toEqual(['load'])
    browser.loseBoundCookie()
    expect(await callsOf(app, () => browser.refresh())).toEqual([])
    expect(await callsOf(app, () => browser.visit('/'))).toEqual(['load'])
  })

  it('is none of its own where the first proof comes with another change', async () => {
    const app = application()
    const browser = new Browser(app.fetch, 'ES256')
    await browser.visit('/sign-in')
    expect(await callsOf(app, () => browser.visit('/count'))).toEqual(['load', 'update'])
  })

  it('is nothing for a thief, and nothing for who knows nothing of it', async () => {
    const app = application()
    const owner = new Browser(app.fetch, 'ES256')
    await owner.visit('/sign-in')
    await owner.visit('/')
    const thief = owner.stolen()
    thief.loseBoundCookie()
    expect(await callsOf(app, () => thief.visit('/'))).toEqual(['load'])
    const other = new Browser(app.fetch)
    await other.visit('/sign-in')
    expect(await callsOf(app, () => other.visit('/'))).toEqual(['load'])
    expect(await callsOf(app, () => new Browser(app.fetch).visit('/'))).toEqual([])
  })

  it('is nothing for routes that do not ask', async () => {
    const app = application()
    const browser = new Browser(app.fetch, 'ES256')
    await browser.visit('/sign-in')
    await browser.visit('/')
    expect(await callsOf(app, () => browser.visit('/static'))).toEqual([])
  })

  it('is a load and an update for each refresh with singleUse', async () => {
    const app = application({ singleUse: true })
    const browser = new Browser(app.fetch, 'ES256')
    await browser.visit('/sign-in')
    await browser.visit('/')
    browser.loseBoundCookie()
    expect(await callsOf(app, () => browser.refresh())).toEqual(['load', 'update'])
  })

  it('is nothing for a forged refresh, also with singleUse', async () => {
    const app = application({ singleUse: true })
    const browser = new Browser(app.fetch, 'ES256')
    await browser.visit('/sign-in')
    const { refreshUrl, identifier } = browser.session as NonNullable<Browser['session']>
    expect(await callsOf(app, () => browser.post(refreshUrl, 'a.b.c', identifier))).toEqual([])
    expect(await callsOf(app, () => browser.post(refreshUrl, undefined, identifier))).toEqual([])
  })
})

describe('a store that is out of reach', () => {
  it('is an error, and nobody looks signed out', async () => {
    const { fetch, store } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    await browser.visit('/')
    store.fail('load')
    await expect(browser.visit('/')).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    // The bound cookie is renewed all the same.
    browser.loseBoundCookie()
    expect((await browser.refresh()).status).toBe(200)
    store.heal()
    expect(await browser.visit('/')).toBe('proven ada')
  })

  it('makes nobody bound where such visitors are anonymous', async () => {
    const { fetch, store } = application({}, { onStoreFailure: 'anonymous' })
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    await browser.visit('/')
    store.fail('load')
    expect(await browser.visit('/')).toBe('unbound nobody')
  })

  it('is no refresh with singleUse: the browser tries again', async () => {
    const { fetch, store } = application({ singleUse: true })
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    await browser.visit('/')
    store.fail('update')
    expect((await browser.refresh()).status).toBe(503)
    store.heal()
    browser.loseBoundCookie()
    expect(await browser.visit('/')).toBe('proven ada')
  })
})
