import { describe, expect, it } from 'vitest'
import { CookieStore, followNewId, type SessionHandle, SessionManager } from '../index.js'
import { ofAnotherCopy } from '../testing/of-another-copy.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  note: string
}

/** A grace that is over in the moment in which it begins. */
const NO_GRACE = Number.MIN_VALUE

async function setUp(options: object = {}) {
  const sessions = new SessionManager<Data>({ store: new StagedStore(), secret, ...options })
  const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
  return { sessions, cookie }
}

/** Another request, by which the session gets a new id. Its cookie. */
const renew = async (sessions: SessionManager<Data>, cookie: string, options: object = { grace: NO_GRACE }) =>
  cookieAfter(await writing(sessions, cookie, (session) => session.regenerate(options)))

const any = (): boolean => true

/** What a request comes to that has loaded the session, which others have then renewed. */
async function overtaken(
  sessions: SessionManager<Data>,
  cookie: string,
  meanwhile: () => Promise<unknown>,
  act: (handle: SessionHandle<Data>) => Promise<unknown>,
): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    await handle.read()
    await meanwhile()
    return Response.json((await act(handle)) ?? null)
  })
}

describe('followNewId', () => {
  it('goes on in the session that others have renewed, without a grace and more than once, with its cookie', async () => {
    const { sessions, cookie } = await setUp()
    let next = cookie
    const response = await overtaken(
      sessions,
      cookie,
      async () => {
        for (let i = 0; i < 3; i++) next = await renew(sessions, next)
      },
      async (handle) => {
        const outcome = await followNewId(handle, (session) => session.get('user') === 'ada')
        ;(await handle.write()).set('note', 'of the second')
        return outcome
      },
    )
    expect([await response.json(), cookieAfter(response)]).toEqual(['followed', next])
    expect((await sessions.read(visit(next))).toJSON()).toEqual({ user: 'ada', note: 'of the second' })
    expect(await sessions.listByOwner('ada')).toHaveLength(1)
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
  })

  it.each([
    [10_000, 'followed', 1],
    [10_001, 'elsewhere', 0],
  ])('leads nobody on who has held a request back: after %i ms', async (ms, outcome, cookies) => {
    let time = Date.UTC(2030, 0, 1)
    const { sessions, cookie } = await setUp({ now: () => time })
    const meanwhile = async (): Promise<void> => {
      await renew(sessions, cookie)
      time += ms
    }
    const response = await overtaken(sessions, cookie, meanwhile, (handle) => followNewId(handle, any))
    expect([await response.json(), sessionCookies(response).length]).toEqual([outcome, cookies])
  })

  it('drops what the request has changed in the session that it has lost', async () => {
    const { sessions, cookie } = await setUp()
    let next = cookie
    const response = await overtaken(
      sessions,
      cookie,
      async () => {
        next = await renew(sessions, cookie)
      },
      async (handle) => {
        await handle.save((session) => session.set('note', 'lost')).catch(() => {})
        expect((await handle.read()).get('user')).toBeUndefined()
        return followNewId(handle, any)
      },
    )
    expect([await response.json(), cookieAfter(response)]).toEqual(['followed', next])
    expect((await sessions.read(visit(next))).toJSON()).toEqual({ user: 'ada' })
  })

  it('brings the cookie also with the answer of a request that fails', async () => {
    const { sessions, cookie } = await setUp()
    const handle = sessions.open(cookie)
    await handle.read()
    const next = await renew(sessions, cookie)
    expect(await followNewId(handle, any)).toBe('followed')
    sessions.fail(handle)
    const headers = new Headers()
    await sessions.commitHeaders(handle, headers)
    expect(headers.getSetCookie()[0]).toContain(next.slice(next.indexOf('=') + 1))
  })

  const others: [string, (sessions: SessionManager<Data>, cookie: string) => Promise<unknown>, string][] = [
    ['a new id that no cookie can be made for', (sessions, cookie) => renew(sessions, cookie, {}), 'elsewhere'],
    ['a sign-out', (sessions) => sessions.destroyByOwner('ada'), 'ended'],
    [
      'a sign-out after a new id',
      async (sessions, cookie) => {
        await renew(sessions, cookie)
        await sessions.destroyByOwner('ada')
      },
      'ended',
    ],
  ]

  it.each(others)('leads nowhere after %s', async (_what, meanwhile, outcome) => {
    const { sessions, cookie } = await setUp()
    const response = await overtaken(
      sessions,
      cookie,
      () => meanwhile(sessions, cookie),
      (handle) => followNewId(handle, any),
    )
    expect([await response.json(), sessionCookies(response)]).toEqual([outcome, []])
  })

  it('leads to no session that is not meant, and shows it to nobody', async () => {
    const { sessions, cookie } = await setUp()
    const response = await overtaken(
      sessions,
      cookie,
      () => renew(sessions, cookie),
      async (handle) => {
        const outcome = await followNewId(handle, (session) => session.get('user') === 'bob')
        await handle.save((session) => session.set('note', 'lost')).catch(() => {})
        return [outcome, (await handle.read()).toJSON()]
      },
    )
    expect([await response.json(), sessionCookies(response)]).toEqual([['elsewhere', {}], []])
  })

  it('leads no request on that came with a cookie that was an old one by then', async () => {
    const { sessions, cookie } = await setUp()
    await renew(sessions, cookie)
    const response = await sessions.handle(visit(cookie), async (handle) =>
      Response.json(await followNewId(handle, any)),
    )
    expect([await response.json(), sessionCookies(response)]).toEqual(['ended', []])
  })

  it('does nothing where nothing was renewed, after the commit, or in cookies', async () => {
    const { sessions, cookie } = await setUp()
    const handle = sessions.open(cookie)
    await handle.read()
    expect(await followNewId(handle, any)).toBe('followed')
    await sessions.commitHeaders(handle, new Headers())
    expect(await followNewId(handle, any)).toBe('elsewhere')
    const inCookies = new SessionManager<Data>({ store: new CookieStore(), secret })
    expect(await followNewId(inCookies.open(undefined), any)).toBe('elsewhere')
  })

  it('asks a handle of another copy of this package, which may not know how', async () => {
    const { sessions, cookie } = await setUp()
    const handle = sessions.open(cookie)
    await handle.read()
    await renew(sessions, cookie)
    expect(await followNewId(ofAnotherCopy(handle), any)).toBe('followed')
    expect(await followNewId({} as never, any)).toBe('elsewhere')
  })
})
