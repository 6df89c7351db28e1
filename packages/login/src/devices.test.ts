import { MemoryStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import type { Browser } from './testing/browser.js'
import { type Site, site, type User, userOf } from './testing/site.js'

async function signedIn(of: Site, id: string, label: string): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit((auth) => auth.signIn(userOf(of, id), { label }))
  of.wait(60)
  return browser
}

const whoIs = (browser: Browser<User>): Promise<string | undefined> => browser.visit((auth) => auth.userId())

describe('devices', () => {
  it('are the sessions in which the user is signed in, the newest first', async () => {
    const of = site()
    const phone = await signedIn(of, 'ada', 'a phone')
    await signedIn(of, 'bob', 'of bob')
    await signedIn(of, 'ada', 'a laptop')
    await of.sessions.issue({ note: 'a link that came by mail' }, { owner: 'ada' })
    const devices = await phone.visit((auth) => auth.devices())
    const start = Date.UTC(2030, 0, 1)
    expect(devices).toEqual([
      {
        id: expect.any(String),
        label: 'a laptop',
        createdAt: start + 120_000,
        lastUsedAt: start + 120_000,
        isCurrent: false,
      },
      { id: expect.any(String), label: 'a phone', createdAt: start, lastUsedAt: start, isCurrent: true },
    ])
  })

  it('do not name those whose credential has changed since', async () => {
    const of = site()
    await signedIn(of, 'ada', 'a phone')
    userOf(of, 'ada').passwordHash = 'another'
    const laptop = await signedIn(of, 'ada', 'a laptop')
    expect(await laptop.visit((auth) => auth.devices())).toMatchObject([{ label: 'a laptop' }])
  })

  it('can be signed out, one of one’s own', async () => {
    const of = site()
    const [phone, laptop] = [await signedIn(of, 'ada', 'a phone'), await signedIn(of, 'ada', 'a laptop')]
    const [newest] = await phone.visit((auth) => auth.devices())
    of.told()
    expect(await phone.visit((auth) => auth.signOutDevice(newest?.id ?? ''))).toBe(true)
    expect(of.events).toMatchObject([{ type: 'device-signed-out', userId: 'ada', deviceId: newest?.id }])
    expect([await whoIs(phone), await whoIs(laptop)]).toEqual(['ada', undefined])
    expect(await phone.visit((auth) => auth.signOutDevice(newest?.id ?? ''))).toBe(false)
  })

  it('keep their id through a step-up, and can be signed out by the id of their session as well', async () => {
    const of = site()
    const phone = await signedIn(of, 'ada', 'a phone')
    for (const by of ['device', 'session'] as const) {
      const laptop = await signedIn(of, 'ada', 'a laptop')
      const [device] = await phone.visit((auth) => auth.devices())
      await laptop.visit((auth) => auth.confirm('password'))
      const infos = await of.sessions.listByOwner('ada')
      const session = infos.find(({ label }) => label === 'a laptop')
      expect((await phone.visit((auth) => auth.devices()))[0]?.id).toBe(device?.id)
      const id = by === 'device' ? device?.id : session?.id
      expect(await phone.visit((auth) => auth.signOutDevice(id ?? ''))).toBe(true)
      expect([await whoIs(phone), await whoIs(laptop)]).toEqual(['ada', undefined])
    }
  })

  it('that get a new id at that moment are signed out all the same', async () => {
    const store = new MemoryStore()
    const of = site({ store })
    const [phone, laptop] = [await signedIn(of, 'ada', 'a phone'), await signedIn(of, 'ada', 'a laptop')]
    const [newest] = await phone.visit((auth) => auth.devices())
    const { listByOwner } = store
    Object.assign(store, {
      listByOwner: async (owner: string) => {
        store.listByOwner = listByOwner
        const listed = await listByOwner.call(store, owner)
        await laptop.visit((auth) => auth.confirm('password'))
        return listed
      },
    })
    expect(await phone.visit((auth) => auth.signOutDevice(newest?.id ?? ''))).toBe(true)
    expect(await whoIs(laptop)).toBeUndefined()
  })

  it('of others can not', async () => {
    const of = site()
    const [ada, bob] = [await signedIn(of, 'ada', 'a phone'), await signedIn(of, 'bob', 'a phone')]
    const [device] = await bob.visit((auth) => auth.devices())
    of.told()
    for (const id of [device?.id ?? '', 'x'.repeat(43), '', '../etc/passwd']) {
      expect(await ada.visit((auth) => auth.signOutDevice(id))).toBe(false)
    }
    expect(of.told()).toEqual(Array(4).fill('device-refused'))
    expect(await whoIs(bob)).toBe('bob')
  })

  it('that is the one of the request is signed out with its cookie', async () => {
    const of = site()
    const ada = await signedIn(of, 'ada', 'a phone')
    const [device] = await ada.visit((auth) => auth.devices())
    expect(await ada.visit((auth) => auth.signOutDevice(device?.id ?? ''))).toBe(true)
    expect([ada.cookie, await whoIs(ada)]).toEqual(['', undefined])
  })

  it('that is the one of the request is signed out with each session of its sign-in', async () => {
    const of = site()
    const ada = await signedIn(of, 'ada', 'a phone')
    const beside = Object.assign(of.browser(), { cookie: ada.cookie })
    await beside.visit(async (_auth, request) => {
      const session = await of.sessions.write(request)
      await ada.visit((auth) => auth.confirm('password'))
      session.regenerate()
    })
    const devices = await ada.visit((auth) => auth.devices())
    expect(devices).toMatchObject([{ isCurrent: true }])
    expect(await ada.visit((auth) => auth.signOutDevice(devices[0]?.id ?? ''))).toBe(true)
    expect([await whoIs(ada), await whoIs(beside)]).toEqual([undefined, undefined])
  })

  it('can all be signed out but the one of the request, also right after its sign-in', async () => {
    const of = site()
    const [phone, bob] = [await signedIn(of, 'ada', 'a phone'), await signedIn(of, 'bob', 'a phone')]
    const laptop = of.browser()
    of.told()
    const count = await laptop.visit(async (auth) => {
      await auth.signIn(userOf(of, 'ada'))
      return auth.signOutOthers()
    })
    expect(count).toBe(1)
    expect(of.events.at(-1)).toMatchObject({ type: 'signed-out', from: 'others', count: 1 })
    expect([await whoIs(phone), await whoIs(laptop), await whoIs(bob)]).toEqual([undefined, 'ada', 'bob'])
  })

  it('can all be signed out', async () => {
    const of = site()
    const browsers = [await signedIn(of, 'ada', 'a phone'), await signedIn(of, 'ada', 'a laptop')]
    await browsers[0]?.visit((auth) => auth.signOutEverywhere())
    expect(await Promise.all(browsers.map(whoIs))).toEqual([undefined, undefined])
    expect(browsers[0]?.cookie).toBe('')
  })

  it('are nobody’s where nobody is signed in', async () => {
    const of = site()
    for (const ask of ['devices', 'signOutOthers', 'signOutEverywhere'] as const) {
      const error = await of.browser().visit((auth) => auth[ask]().catch((error: unknown) => error))
      expect(error).toMatchObject({ code: 'ERR_LOGIN_REQUIRED' })
    }
  })
})
