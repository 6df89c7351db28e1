import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, type SessionHandle, SessionManager, SessionStoreError } from '../index.js'
import { gate } from '../testing/gate.js'
import { secret } from '../testing/secret.js'
import { stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  flash: string
}

type Work = (handle: SessionHandle<Data>) => Promise<void>
const none: Work = async () => {}
const set =
  (key: keyof Data, value: string): Work =>
  async (handle) =>
    void (await handle.write()).set(key, value)
const signIn: Work = async (handle) => void (await handle.write()).set('user', 'ada').regenerate()
const signOut: Work = async (handle) => (await handle.write()).destroy()
const save: Work = (handle) => handle.save()

/** The same manager outside and inside, where the inner one has a Request of its own. */
async function nested(
  sessions: SessionManager<Data>,
  cookie: string,
  { before = [], inside, after = [] }: { before?: Work[]; inside: Work[]; after?: Work[] },
): Promise<{ response: Response; cookie: string }> {
  const run = async (handle: SessionHandle<Data>, all: Work[]): Promise<void> => {
    for (const work of all) await work(handle)
  }
  const response = await sessions.handle(visit(cookie), async (outer) => {
    await run(outer, before)
    const response = await sessions.handle(visit(cookie), async (inner) => {
      await run(inner, inside)
      return new Response()
    })
    await run(outer, after)
    return response
  })
  const [line, ...more] = response.headers.getSetCookie()
  expect(more).toEqual([])
  const sent = line?.split(';')[0] ?? cookie
  return { response, cookie: line?.includes('Max-Age=0') ? '' : sent }
}

const managers: [string, () => SessionManager<Data>][] = [
  ['a server-side store', () => stagedManager<Data>().sessions],
  ['a CookieStore', () => new SessionManager<Data>({ store: new CookieStore(), secret })],
]

describe.each(managers)(
  'the session of a request within which an inner one had a Request of its own, in %s,',
  (_name, make) => {
    it('goes on with the inner one, and what it changed is there', async () => {
      const sessions = make()
      const { cookie } = await nested(sessions, '', { before: [set('flash', 'hi')], inside: [signIn] })
      expect((await sessions.read(cookie)).toJSON()).toEqual({ user: 'ada', flash: 'hi' })
    })

    it('keeps a sign-in that it had saved by itself', async () => {
      const sessions = make()
      for (const places of [
        { before: [signIn, save], inside: [set('flash', 'hi')] },
        { before: [signIn], inside: [set('flash', 'hi')], after: [save] },
        { inside: [set('flash', 'hi')], after: [signIn, save] },
      ]) {
        const { cookie } = await nested(sessions, '', places)
        expect((await sessions.read(cookie)).toJSON()).toEqual({ user: 'ada', flash: 'hi' })
      }
    })

    it('does not come back over a sign-out inside', async () => {
      const sessions = make()
      const { cookie } = await sessions.issue({ user: 'ada' })
      const out = await nested(sessions, cookie, { before: [set('flash', 'hi')], inside: [signOut], after: [none] })
      expect(out.cookie).toBe('')
    })

    it('goes on with the inner one where a framework has written its cookie anew', async () => {
      const sessions = make()
      const response = await sessions.handle(visit(), async (outer) => {
        await set('flash', 'hi')(outer)
        const inner = await sessions.handle(visit(), async (handle) => signIn(handle).then(() => new Response()))
        const [pair] = inner.headers.getSetCookie()[0]?.split(';') ?? []
        return new Response('', { headers: { 'set-cookie': `${pair}; path=/; httponly; secure; samesite=lax` } })
      })
      const [line, ...more] = response.headers.getSetCookie()
      expect(more).toEqual([])
      expect((await sessions.read(line?.split(';')[0])).toJSON()).toEqual({ user: 'ada', flash: 'hi' })
    })
  },
)

describe('another manager with the same cookie name inside, which has a Request of its own,', () => {
  const another: [string, (name?: string) => SessionManager<Data>][] = [
    [
      'with another secret',
      (name) => stagedManager<Data>({ secret: `another ${secret}`, ...(name && { cookie: { name } }) }).sessions,
    ],
    [
      'with the same secret and another store',
      (name) => new SessionManager<Data>({ store: new MemoryStore(), secret, ...(name && { cookie: { name } }) }),
    ],
    [
      'with a CookieStore',
      (name) =>
        new SessionManager<Data>({
          store: new CookieStore(),
          secret: `another ${secret}`,
          ...(name && { cookie: { name } }),
        }),
    ],
  ]
  const run = (outer: SessionManager<Data>, inner: SessionManager<Data>, before: Work): Promise<Response> => {
    const request = visit()
    return outer.handle(request, async (handle) => {
      await before(handle)
      return inner.handle(new Request(request), async (handle) => {
        await signIn(handle)
        return new Response()
      })
    })
  }

  it.each(another)('is a TypeError that says what to do, whatever was done outside: %s', async (_name, make) => {
    for (const [name, makeOuter] of managers) {
      for (const work of [set('flash', 'hi'), async (handle) => void (await handle.read())] satisfies Work[]) {
        const failing = expect(run(makeOuter(), make(), work), name).rejects
        await failing.toThrow(TypeError)
        await expect(run(makeOuter(), make(), work)).rejects.toThrow(
          /two managers use the cookie "__Host-sid".*cookie\.name/,
        )
      }
    }
  })

  it.each(another)('is none where the session outside is not used, or the names are two: %s', async (_name, make) => {
    for (const [, makeOuter] of managers) {
      expect((await run(makeOuter(), make(), none)).headers.getSetCookie()).toHaveLength(1)
      const both = await run(makeOuter(), make('__Host-other'), set('flash', 'hi'))
      expect(both.headers.getSetCookie()).toHaveLength(2)
    }
  })
})

describe('another manager of the same store inside, as a function may make it,', () => {
  const managers = (): [MemoryStore, SessionManager<Data>, SessionManager<Data>] => {
    const store = new MemoryStore()
    return [store, new SessionManager<Data>({ store, secret }), new SessionManager<Data>({ store, secret })]
  }

  it('is followed like the same one', async () => {
    const [, outer, inner] = managers()
    const response = await outer.handle(visit(), async (handle) => {
      await set('flash', 'hi')(handle)
      return inner.handle(visit(), async (handle) => {
        await signIn(handle)
        return new Response()
      })
    })
    const [line, ...more] = response.headers.getSetCookie()
    expect(more).toEqual([])
    expect((await outer.read(line?.split(';')[0])).toJSON()).toEqual({ user: 'ada', flash: 'hi' })
  })

  it('is none that is wrong where its session has ended meanwhile', async () => {
    const [store, outer, inner] = managers()
    const response = await outer.handle(visit(), async (handle) => {
      await set('flash', 'hi')(handle)
      const response = await inner.handle(visit(), async (handle) => {
        await signIn(handle)
        return new Response()
      })
      await store.clear()
      return response
    })
    expect(response.status).toBe(200)
  })
})

describe('in a server-side store', () => {
  it('no session is left behind under an id that no browser has', async () => {
    const { sessions, store } = stagedManager<Data>()
    await nested(sessions, '', { before: [signIn, save], inside: [set('flash', 'hi')] })
    expect(store.memory.size).toBe(1)
  })

  it('a session that was superseded leaves what the inner one has stored alone', async () => {
    const { sessions } = stagedManager<Data>()
    const { cookie } = await sessions.issue({ flash: 'hi' })
    const inner = await nested(sessions, cookie, { before: [set('flash', 'ho')], inside: [signIn], after: [save] })
    expect((await sessions.read(inner.cookie)).get('user')).toBe('ada')
  })
})

describe('an outer request that asks for its session only after the inner one', () => {
  it.each<[string, Work[]]>([
    ['sets a key', [set('flash', 'hi')]],
    ['saves before it does', [none, save, set('flash', 'hi')]],
  ])('has signed in adds to that session what it changes: it %s', async (_name, after) => {
    const { sessions, events } = stagedManager<Data>()
    const { cookie } = await sessions.issue({})
    const inner = await nested(sessions, cookie, { inside: [signIn], after })
    expect((await sessions.read(inner.cookie)).toJSON()).toEqual({ user: 'ada', flash: 'hi' })
    expect(events.filter(({ type }) => type === 'dropped')).toEqual([])
  })
})

describe('save(change) while the response is being committed', () => {
  it('waits for that and is stored after it, as a socket that is open already needs it', async () => {
    const { sessions, store } = stagedManager<Data>()
    const [isWriting, goOn] = [gate(), gate()]
    store.beforeNext('create', () => {
      isWriting.open()
      return goOn.opened
    })
    let held: SessionHandle<Data> | undefined
    const handled = sessions.handle(visit(), async (handle) => {
      held = handle
      ;(await handle.write()).set('user', 'ada')
      return new Response()
    })
    await isWriting.opened
    const saving = held?.save((session) => void session.set('flash', 'from the socket'))
    goOn.open()
    const cookie = (await handled).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    await saving
    expect((await sessions.read(cookie)).toJSON()).toEqual({ user: 'ada', flash: 'from the socket' })
  })

  it('does not wait for ever if the commit fails', async () => {
    const { sessions, store } = stagedManager<Data>()
    const isWriting = gate()
    store.beforeNext('create', async () => {
      isWriting.open()
      throw new Error('out of reach')
    })
    let held: SessionHandle<Data> | undefined
    const handled = sessions.handle(visit(), async (handle) => {
      held = handle
      ;(await handle.write()).set('user', 'ada')
      return new Response()
    })
    const failed = expect(handled).rejects.toBeInstanceOf(SessionStoreError)
    await isWriting.opened
    await held?.save((session) => void session.set('flash', 'again'))
    await failed
  })
})
