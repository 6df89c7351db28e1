import { describe, expect, it } from 'vitest'
import { SessionDestroyedError, type SessionHandle, SessionStoreError } from './index.js'
import { isMarker } from './testing/live-sessions.js'
import { cookieAfter, sessionCookies } from './testing/response-cookies.js'
import { stagedManager } from './testing/staged-manager.js'
import { visit } from './testing/visit.js'

interface Data {
  user: string
  visits: number
}

const setUp = stagedManager<Data>

/** What a promise is rejected with. */
function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable(),
    (reason: unknown) => reason,
  )
}

describe('a handler that throws', () => {
  const thrown: [string, unknown][] = [
    ['an Error', new Error('no')],
    ['a string', 'no'],
    ['undefined', undefined],
    ['a Response that is a failure', new Response('no', { status: 500 })],
    ['a SessionError of its own', new SessionDestroyedError()],
  ]

  it.each(thrown)('%s saves nothing, and it passes through unchanged', async (_, error) => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.memory.load(id)
    store.forget()
    for (const isAsync of [true, false]) {
      const handled = sessions.handle(visit(cookie), (handle) => {
        if (!isAsync) throw error
        return handle.write().then((session) => {
          session.set('visits', 2).regenerate()
          throw error
        })
      })
      const caught: unknown = await handled.then(
        () => 'no error',
        (reason: unknown) => reason,
      )
      expect(caught).toBe(error)
    }
    expect(store.methods).toEqual(['load'])
    expect(store.memory.load(id)).toEqual(before)
  })

  it('keeps what was saved before it threw', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      await handle.save()
      session.set('visits', 3)
      throw new Error('no')
    })
    await expect(handled).rejects.toThrow('no')
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it.each(thrown.filter(([, error]) => !(error instanceof Response)))(
    '%s after destroy() still signs out',
    async (_, error) => {
      const { sessions, store } = setUp()
      const { cookie } = await sessions.issue({ visits: 1 })
      const handled = sessions.handle(visit(cookie), async (handle) => {
        ;(await handle.write()).destroy()
        throw error
      })
      await handled.then(
        () => expect.unreachable(),
        (reason: unknown) => expect(reason).toBe(error),
      )
      expect(store.memory.size).toBe(0)
    },
  )
})

describe('a Response that the handler throws', () => {
  /** Signs in, and throws this. */
  const throwing = (thrown: unknown) => async (handle: SessionHandle<Data>) => {
    ;(await handle.write()).set('user', 'ada').regenerate()
    throw thrown
  }

  it.each([200, 303, 404, 499])('with status %d is an answer: saved, and thrown on with the cookie', async (status) => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const answer = new Response('see there', { status, headers: { Location: '/home' } })
    const thrown = (await reasonOf(sessions.handle(visit(cookie), throwing(answer)))) as Response
    expect([thrown.status, thrown.headers.get('location'), await thrown.text()]).toEqual([status, '/home', 'see there'])
    expect(sessionCookies(answer)).toEqual([])
    expect(isMarker(store.memory.load(id))).toBe(true)
    expect((await sessions.read(visit(cookieAfter(thrown)))).toJSON()).toEqual({ visits: 1, user: 'ada' })
  })

  it('with status 500 or more after destroy() signs out all the same, in the store and in the browser', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      throw new Response('no', { status: 503 })
    })
    const thrown = (await reasonOf(handled)) as Response
    expect(thrown.status).toBe(503)
    expect(sessionCookies(thrown)).toEqual([expect.stringContaining('Max-Age=0')])
    expect(store.memory.size).toBe(0)
  })

  it('is no answer where the session could not be stored: the error of the store is thrown', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.fail('create')
    expect(await reasonOf(sessions.handle(visit(cookie), throwing(new Response())))).toBeInstanceOf(SessionStoreError)
  })

  it('and used no session is thrown on as it is', async () => {
    const answer = Response.redirect('https://example.com/home', 303)
    const handled = setUp().sessions.handle(visit(), () => {
      throw answer
    })
    expect(await reasonOf(handled)).toBe(answer)
  })
})

describe('the option keep', () => {
  const signIn = async (handle: SessionHandle<Data>): Promise<never> => {
    ;(await handle.write()).set('user', 'ada')
    throw new Error('NEXT_REDIRECT')
  }

  it('says which thrown values are an answer: saved, and thrown on, with an event for the cookie it can not carry', async () => {
    const { sessions, store, events } = setUp()
    const keep = (thrown: unknown): boolean => (thrown as Error).message === 'NEXT_REDIRECT'
    expect(await reasonOf(sessions.handle(visit(), signIn, { keep }))).toMatchObject({ message: 'NEXT_REDIRECT' })
    expect(store.methods).toEqual(['create'])
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'response' }))
  })

  const throwing = (): never => {
    throw new Error('of keep itself')
  }
  it.each([
    ['throws', throwing],
    ['is async', (async () => true) as unknown as () => boolean],
  ])(
    'that %s says that it is none: nothing is saved but a destroy(), and the error is the handler’s',
    async (_, keep) => {
      const { sessions, store } = setUp()
      expect(await reasonOf(sessions.handle(visit(), signIn, { keep }))).toMatchObject({ message: 'NEXT_REDIRECT' })
      expect(store.calls).toEqual([])
      const { cookie } = await sessions.issue({ visits: 1 })
      const signOut = async (handle: SessionHandle<Data>): Promise<never> => {
        ;(await handle.write()).destroy()
        throw new Error('after the sign-out')
      }
      expect(await reasonOf(sessions.handle(visit(cookie), signOut, { keep }))).toMatchObject({
        message: 'after the sign-out',
      })
      expect(store.memory.size).toBe(0)
    },
  )

  it('that is no function is a TypeError, before the handler runs', async () => {
    const { sessions } = setUp()
    const handled = sessions.handle(visit(), () => expect.unreachable(), { keep: true as never })
    expect(await reasonOf(handled)).toMatchObject({ name: 'TypeError', message: expect.stringContaining('keep') })
  })

  it('can say that a Response is none', async () => {
    const { sessions, store } = setUp()
    const handled = sessions.handle(
      visit(),
      async (handle) => {
        ;(await handle.write()).set('user', 'ada')
        throw new Response('no', { status: 404 })
      },
      { keep: () => false },
    )
    expect(sessionCookies((await reasonOf(handled)) as Response)).toEqual([])
    expect(store.calls).toEqual([])
  })
})

describe('the option failed', () => {
  it('says which responses stand for a handler that threw: nothing is saved but a destroy()', async () => {
    const { sessions, store } = setUp()
    const failed = (response: Response): boolean => response.headers.has('x-error')
    const errorPage = (): Response => new Response('sorry', { status: 500, headers: { 'X-Error': '1' } })
    const dropped = await sessions.handle(
      visit(),
      async (handle) => {
        ;(await handle.write()).set('visits', 1)
        return errorPage()
      },
      { failed },
    )
    expect([dropped.status, dropped.headers.get('vary'), sessionCookies(dropped)]).toEqual([500, 'Cookie', []])
    expect(store.calls).toEqual([])
    const { cookie } = await sessions.issue({ visits: 1 })
    const bye = await sessions.handle(
      visit(cookie),
      async (handle) => {
        ;(await handle.write()).destroy()
        return errorPage()
      },
      { failed },
    )
    expect(sessionCookies(bye)).toEqual([expect.stringContaining('Max-Age=0')])
    expect(store.memory.size).toBe(0)
  })
})

describe('an option failed that throws', () => {
  it('loses no sign-out', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const handled = sessions.handle(
      visit(cookie),
      async (handle) => {
        ;(await handle.write()).destroy()
        return new Response()
      },
      {
        failed() {
          throw new Error('of failed itself')
        },
      },
    )
    expect(await reasonOf(handled)).toMatchObject({ message: 'of failed itself' })
    expect(store.memory.size).toBe(0)
  })
})

describe('a request whose handling failed', () => {
  it.each(['a throw', 'a failed commit'])(
    'by %s can be handled again, and starts anew: it counts once',
    async (why) => {
      const { sessions, store } = setUp()
      const { cookie } = await sessions.issue({ visits: 1 })
      const request = visit(cookie)
      let tries = 0
      const handler = async (handle: SessionHandle<Data>): Promise<Response> => {
        ;(await handle.write()).update('visits', (n = 0) => n + 1)
        if (++tries === 1 && why === 'a throw') throw new Error('deadlock, try again')
        return new Response()
      }
      if (why !== 'a throw') store.beforeNext('update', () => Promise.reject(new Error('out of reach')))
      await expect(sessions.handle(request, handler)).rejects.toThrow()
      await sessions.handle(request, handler)
      expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
    },
  )
})

describe('what was saved before the handler threw', () => {
  it('reaches the browser with the response that the adapter makes of the error', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const error = new Error('after the sign-in')
    const response = await sessions.handle(
      visit(cookie),
      async (handle) => {
        const session = await handle.write()
        session.set('user', 'ada').regenerate()
        await handle.save()
        session.set('visits', 9)
        throw error
      },
      { respond: (thrown) => new Response(String(thrown), { status: 500 }) },
    )
    expect([response.status, await response.text()]).toEqual([500, String(error)])
    const session = await sessions.read(visit(cookieAfter(response)))
    expect(session.id).not.toBe(id)
    expect(session.toJSON()).toEqual({ visits: 1, user: 'ada' })
  })
})

describe('an error that has a status and headers, as those of HTTP clients', () => {
  it('is a failure and no Response: nothing is saved, and it passes through', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada', visits: 1 })
    const error = Object.assign(new Error('too many'), { status: 429, headers: { 'retry-after': '1' } })
    const handling = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('visits', 2)
      throw error
    })
    expect(await reasonOf(handling)).toBe(error)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })
})

describe('a function that changes a session and is async', () => {
  it('is refused, by save and by edit, and nothing of it is stored', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada', visits: 1 })
    const change = (async () => {}) as () => void
    const saving = sessions.handle(visit(cookie), async (handle) => {
      await handle.save(change)
      return new Response()
    })
    await expect(saving).rejects.toThrow(/must not be async/)
    await expect(sessions.edit(id, change)).rejects.toThrow(/must not be async/)
  })
})

describe('a handler that gives no response', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'signed out'],
  ])('but %s has failed: a destroy() is carried out all the same, and nothing else', async (_what, given) => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const run = (change: (handle: SessionHandle<Data>) => Promise<void>): Promise<Response> =>
      sessions.handle(visit(cookie), async (handle) => {
        await change(handle)
        return given as Response
      })
    const failing = run(async (handle) => void (await handle.write()).set('visits', 2))
    await expect(failing).rejects.toThrow('the handler must return a Response')
    expect((await sessions.read(cookie)).get('visits')).toBe(1)
    await expect(run(async (handle) => (await handle.write()).destroy())).rejects.toThrow(TypeError)
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it('is none that `failed` is asked about', async () => {
    const { sessions } = setUp()
    const failing = sessions.handle(visit(), (() => {}) as never, { failed: ({ status }) => status >= 500 })
    await expect(failing).rejects.toThrow('the handler must return a Response')
  })

  it('is none that `keep` is asked about', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const failing = sessions.handle(
      visit(cookie),
      async (handle) => void (await handle.write()).set('visits', 2) as unknown as Response,
      { keep: () => true },
    )
    await expect(failing).rejects.toThrow('the handler must return a Response')
    expect((await sessions.read(cookie)).get('visits')).toBe(1)
  })
})

describe('handle', () => {
  const handler = (): never => expect.unreachable()
  it.each([
    [undefined, {}, 'handler must be a function'],
    [handler, { failed: true }, 'failed must be a function'],
    [handler, { keep: true }, 'keep must be a function'],
  ])('refuses what it can not call, before anything is done: %#', async (handler, options, message) => {
    const { sessions } = setUp()
    const request = visit()
    const failing = expect(sessions.handle(request, handler as never, options as never)).rejects
    await failing.toThrow(new TypeError(`fetch-sessions: ${message}`))
    expect((await sessions.handle(request, () => new Response())).status).toBe(200)
  })
})
