import { describe, expect, it } from 'vitest'
import type { DeviceBound, DeviceState } from './index.js'
import type { Browser } from './testing/browser.js'
import { type Site, site, type User, userOf } from './testing/site.js'

/** A session that is bound, or not, as the test says. */
function bound(): { of: Site; asked: Request[]; is(state: DeviceState): void } {
  let state: DeviceState = 'unbound'
  const asked: Request[] = []
  const deviceBound: DeviceBound = {
    state: async (request) => {
      asked.push(request)
      return state
    },
  }
  return {
    of: site({ deviceBound }),
    asked,
    is: (next) => {
      state = next
    },
  }
}

async function signedIn(of: Site): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
  of.told()
  return browser
}

describe('a session that is bound to a device', () => {
  it.each(['proven', 'unbound'] as const)('is signed in where it is %s', async (state) => {
    const { of, is } = bound()
    const browser = await signedIn(of)
    is(state)
    expect(await browser.visit(async (auth) => [await auth.userId(), (await auth.user())?.id])).toEqual(['ada', 'ada'])
  })

  it('is not signed in without proof, and is never ended for that', async () => {
    const { of, is } = bound()
    const browser = await signedIn(of)
    const { cookie } = browser
    is('missing')
    await browser.visit(async (auth, request) => {
      expect(await auth.userId()).toBeUndefined()
      expect(await auth.user()).toBeUndefined()
      expect((await of.login.guard()(request))?.status).toBe(401)
    })
    expect([of.loaded, browser.cookie]).toEqual([[], cookie])
    expect(of.events).toMatchObject([{ type: 'refused', reason: 'unproven', userId: 'ada' }])
    is('proven')
    expect(await browser.visit((auth) => auth.userId())).toBe('ada')
  })

  it('is known right after its sign-in, before there can be a proof, whatever the session before lacked', async () => {
    const { of, asked, is } = bound()
    const browser = await signedIn(of)
    is('missing')
    await browser.visit(async (auth) => {
      expect(await auth.userId()).toBeUndefined()
      asked.length = 0
      await auth.signIn(userOf(of, 'bob'))
      expect([await auth.userId(), (await auth.user())?.id]).toEqual(['bob', 'bob'])
    })
    expect(asked).toEqual([])
    expect(await browser.visit((auth) => auth.userId())).toBeUndefined()
  })

  it('is nobody’s right after its sign-in where the application has emptied it', async () => {
    const { of } = bound()
    await of.browser().visit(async (auth, request) => {
      await auth.signIn(userOf(of, 'ada'))
      ;(await of.sessions.write(request)).clear()
      expect(await auth.userId()).toBeUndefined()
    })
  })

  it('has not proven what the session before its sign-in had', async () => {
    const { of, is } = bound()
    const browser = await signedIn(of)
    is('proven')
    await browser.visit(async (auth, request) => {
      const guard = of.login.guard({ proven: true })
      expect(await guard(request)).toBeUndefined()
      is('unbound')
      await auth.signIn(userOf(of, 'ada'))
      expect((await guard(request))?.status).toBe(403)
    })
  })

  it('lacks nothing but a sign-in once it was signed out', async () => {
    const { of, is } = bound()
    const browser = await signedIn(of)
    await browser.visit(async (auth, request) => {
      await auth.user()
      await auth.signOut()
      is('missing')
      expect((await of.login.guard()(request))?.status).toBe(401)
    })
    expect(of.events.at(-1)).toMatchObject({ type: 'refused', reason: 'signed-out' })
  })

  it('does not go on under a new credential without proof, but ends with the others', async () => {
    const { of, is } = bound()
    const [browser, other] = [await signedIn(of), await signedIn(of)]
    is('missing')
    userOf(of, 'ada').passwordHash = 'another'
    await browser.visit((auth) => auth.credentialChanged(userOf(of, 'ada')))
    is('proven')
    for (const each of [browser, other]) expect(await each.visit((auth) => auth.userId())).toBeUndefined()
  })

  it('can be asked for its proof, beside something fresh or alone', async () => {
    const { of, is } = bound()
    const browser = await signedIn(of)
    const refusals = (): Promise<(number | undefined)[]> =>
      browser.visit(async (_auth, request) => {
        const guards = [{ proven: true }, { proven: true, fresh: 60 }, { fresh: 60 }].map((each) =>
          of.login.guard(each),
        )
        return Promise.all(guards.map(async (guard) => (await guard(request))?.status))
      })
    expect(await refusals()).toEqual([403, 403, undefined])
    is('proven')
    expect(await refusals()).toEqual([undefined, undefined, undefined])
    of.wait(61)
    expect(await refusals()).toEqual([undefined, 403, 403])
    expect(await browser.visit((auth) => auth.isFresh(1000, undefined, { proven: true }))).toBe(true)
  })

  it('is asked about once a request, with that request, and not where nobody asks', async () => {
    const { of, asked } = bound()
    const browser = await signedIn(of)
    asked.length = 0
    let seen: Request | undefined
    await browser.visit(async (auth, request) => {
      seen = request
      await Promise.all([auth.user(), auth.userId(), of.login.guard({ proven: true })(request)])
    })
    await browser.visit(async () => {})
    await of.browser().visit((auth) => auth.user())
    expect(asked).toEqual([seen])
  })

  it('is asked about with what the platform hands over', async () => {
    const seen: unknown[] = []
    const deviceBound: DeviceBound = {
      state: async (_request, env) => {
        seen.push(env)
        return 'proven'
      },
    }
    const of = site({ deviceBound })
    const browser = await signedIn(of)
    const env = { name: 'of the platform' }
    await browser.visit((_auth, request) => of.login.of(new Request(request), env).userId())
    expect(seen).toEqual([env])
  })

  it('fails the request where that can not be told', async () => {
    const of = site({
      deviceBound: {
        state: async () => {
          throw new Error('the keys are away')
        },
      },
    })
    const browser = await signedIn(of)
    await expect(browser.visit((auth) => auth.user())).rejects.toThrow('the keys are away')
    const wrong = site({ deviceBound: { state: async () => true as unknown as DeviceState } })
    const other = await signedIn(wrong)
    await expect(other.visit((auth) => auth.user())).rejects.toThrow(/deviceBound must answer/)
  })

  it('needs the request, and says so', () => {
    const { of } = bound()
    expect(() => of.login.of(of.sessions.open(''))).toThrow(/needs the Request/)
  })
})
