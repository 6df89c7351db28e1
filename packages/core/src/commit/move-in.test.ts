import { describe, expect, it } from 'vitest'
import { movesIn, SessionManager } from '../index.js'
import { gate } from '../testing/gate.js'
import { liveSessions } from '../testing/live-sessions.js'
import {
  call,
  count,
  type MovingData,
  movingVisitor,
  read,
  shown,
  signIn,
  signOut,
  type VisitorSetting,
  type Work,
} from '../testing/moving-in.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { visit } from '../testing/visit.js'

/** As some frameworks make of an error. */
const errorPage = (): Response => new Response(null, { status: 500 })

/** Requests all of which have loaded the old session before one of them is committed. */
async function atOnce(setting: VisitorSetting, works: Work[]): Promise<Response[]> {
  const { opened, open } = gate()
  let loaded = 0
  return Promise.all(
    works.map((work) =>
      call(setting, setting.cookie, async (handle) => {
        await handle.read()
        loaded++
        if (loaded === works.length) open()
        await opened
        await work(handle)
      }),
    ),
  )
}

describe('an old session that several requests bring at once', () => {
  it('moves once, and all of them go on with one session', async () => {
    const setting = movingVisitor()
    const responses = await atOnce(setting, [count, count, count, count, count])
    const cookies = new Set(responses.map((response) => cookieAfter(response)))
    expect(cookies.size).toBe(1)
    expect(await shown(setting, [...cookies][0] as string)).toEqual({ user: 'ada', visits: 5 })
    expect(await liveSessions(setting.sessions)).toBe(1)
    expect(setting.old.calls.filter((call) => call === 'end a1')).toHaveLength(1)
    expect(setting.events.filter(({ type }) => type === 'moved-in')).toHaveLength(1)
  })

  it('moves once where the store is slow', async () => {
    const setting = movingVisitor()
    setting.store.delay(1, 5)
    const responses = await Promise.all([1, 2, 3, 4, 5].map(() => call(setting, setting.cookie, count)))
    expect(new Set(responses.map((response) => cookieAfter(response))).size).toBe(1)
    expect(await shown(setting, cookieAfter(responses[0] as Response))).toEqual({ user: 'ada', visits: 5 })
    expect(await liveSessions(setting.sessions)).toBe(1)
  })

  it('is found by a request that comes when the old record is gone', async () => {
    const setting = movingVisitor()
    let response: Response | undefined
    // Between the look for a note and the look for the record.
    setting.old.beforeLoad = async () => {
      setting.old.beforeLoad = undefined
      response = await call(setting, setting.cookie, count)
    }
    const late = await call(setting, setting.cookie, count)
    expect(cookieAfter(late)).toBe(cookieAfter(response as Response))
    expect(await shown(setting, cookieAfter(late))).toEqual({ user: 'ada', visits: 2 })
  })

  it('goes on under the new id of one of them that signs in', async () => {
    const setting = movingVisitor()
    const [first, second] = (await atOnce(setting, [signIn, count])) as [Response, Response]
    const cookie = cookieAfter(first)
    expect(await shown(setting, cookie)).toMatchObject({ user: 'admin' })
    // Whoever knows the old cookie gains nothing by it.
    expect(await shown(setting, setting.cookie)).not.toMatchObject({ user: 'admin' })
    if (cookieAfter(second) !== '')
      expect(await shown(setting, cookieAfter(second))).not.toHaveProperty('user', 'admin')
    expect(await liveSessions(setting.sessions)).toBe(1)
  })

  it('goes on under the new id of one that signs in when another has brought it', async () => {
    const setting = movingVisitor()
    let inner: Response | undefined
    const outer = await call(setting, setting.cookie, async (handle) => {
      await handle.read()
      inner = await call(setting, setting.cookie, count)
      await signIn(handle)
    })
    expect(await shown(setting, cookieAfter(outer))).toEqual({ user: 'admin', visits: 1 })
    expect(await shown(setting, cookieAfter(inner as Response))).toEqual({})
    expect(await liveSessions(setting.sessions)).toBe(1)
  })

  it.each([[[signOut, count]], [[count, signOut]], [[signOut, signIn]], [[signIn, signOut]], [[signOut, signOut]]])(
    'stays signed out where one of them signs out (%#)',
    async (works) => {
      const setting = movingVisitor()
      const responses = await atOnce(setting, works)
      expect(await liveSessions(setting.sessions)).toBe(0)
      for (const response of responses) expect(await shown(setting, cookieAfter(response))).toEqual({})
      expect(await shown(setting, setting.cookie)).toEqual({})
      expect(setting.old.records.size).toBe(0)
    },
  )
})

describe('the old cookie', () => {
  it('leads to the session for the grace, and nowhere after it', async () => {
    const setting = movingVisitor()
    const first = await call(setting, setting.cookie, read)
    setting.clock.passes(59)
    const second = await call(setting, setting.cookie, count)
    expect(cookieAfter(second)).toBe(cookieAfter(first))
    setting.clock.passes(2)
    const third = await call(setting, setting.cookie, count)
    expect(await shown(setting, cookieAfter(third))).toEqual({ visits: 1 })
    expect(await shown(setting, cookieAfter(first))).toEqual({ user: 'ada', visits: 1 })
  })

  it('leads nowhere at once without a grace', async () => {
    const setting = movingVisitor((old) => {
      old.grace = 0
    })
    await call(setting, setting.cookie, read)
    expect(await shown(setting, setting.cookie)).toEqual({})
  })

  it('leads nowhere as long as it could be good, although its record came back', async () => {
    const setting = movingVisitor((old) => {
      old.expiresAt = 1_800_000_000_000 + 7 * 86_400_000
    })
    await call(setting, setting.cookie, read)
    setting.old.keep('a1', { user: 'ada' })
    setting.clock.passes(6 * 86_400)
    expect(await shown(setting, setting.cookie)).toEqual({})
    setting.clock.passes(2 * 86_400)
    expect(await shown(setting, setting.cookie)).toEqual({ user: 'ada' })
  })

  it.each<[string, Work]>([
    ['a move', read],
    ['a sign-out', signOut],
  ])('moves once where the store still has a note of %s that is over', async (_name, work) => {
    const setting = movingVisitor()
    const { store, old, clock, cookie, events } = setting
    const { expiresAt } = old
    old.expiresAt = clock.now() + 60_000
    // It keeps what is expired, as many a database does.
    store.useClock(() => 0)
    await call(setting, cookie, work)
    clock.passes(400 * 86_400)
    old.expiresAt = expiresAt
    old.keep('a1', { user: 'ada' })
    events.length = 0
    // Another request has replaced that note before this one touches it.
    let other: Promise<Response> | undefined
    for (const method of ['delete', 'update'] as const) {
      store.before(method, async () => {
        if (other !== undefined) return
        other = call(setting, cookie, count)
        await other
      })
    }
    const response = await call(setting, cookie, count)
    expect(cookieAfter(response)).toBe(cookieAfter((await other) as Response))
    expect(await shown(setting, cookieAfter(response))).toEqual({ user: 'ada', visits: 2 })
    expect(events.filter(({ type }) => type === 'moved-in')).toHaveLength(1)
    old.keep('a1', { user: 'ada' })
    clock.passes(61)
    expect(await shown(setting, cookie)).toEqual({})
  })

  it('is found by another secret as well', async () => {
    const setting = movingVisitor()
    const { store, clock, old, cookie } = setting
    const first = await call(setting, cookie, read)
    const sessions = new SessionManager<MovingData>({
      store,
      secret: ['another secret, of thirty-two bytes', 'thirty-two bytes of secret, at least'],
      now: clock.now,
    }).startFrom(movesIn(old))
    expect(await shown({ sessions }, cookie)).toMatchObject({ user: 'ada' })
    expect(await shown({ sessions }, cookieAfter(first))).toMatchObject({ user: 'ada' })
  })
})

describe('a sign-out', () => {
  it('ends an old session that was never brought in', async () => {
    const setting = movingVisitor()
    const response = await call(setting, setting.cookie, signOut)
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(response.headers.getSetCookie()[0]).toMatch(/^old=; Max-Age=0/)
    expect(setting.old.records.size).toBe(0)
    setting.old.keep('a1', { user: 'ada' })
    expect(await shown(setting, setting.cookie)).toEqual({})
  })

  it('ends both where the visitor has both', async () => {
    const setting = movingVisitor()
    const { cookie } = await setting.sessions.issue({ user: 'ours' })
    const both = `${setting.cookie}; ${cookie}`
    const response = await call(setting, both, signOut)
    expect(response.headers.getSetCookie().map((line) => line.split(';')[0])).toEqual(['old=', '__Host-sid='])
    expect(setting.old.records.size).toBe(0)
    expect(await shown(setting, both)).toEqual({})
    expect(await shown(setting, setting.cookie)).toEqual({})
  })

  it('ends the session that took over, by the old cookie within the grace', async () => {
    const setting = movingVisitor()
    const ours = cookieAfter(await call(setting, setting.cookie, read))
    await call(setting, setting.cookie, signOut)
    expect(await shown(setting, ours)).toEqual({})
    expect(await shown(setting, setting.cookie)).toEqual({})
  })

  it('that fails at the old library is an error, and can be tried again', async () => {
    const setting = movingVisitor()
    const { cookie } = await setting.sessions.issue({ user: 'ours' })
    const both = `${setting.cookie}; ${cookie}`
    setting.old.beforeEnd = () => {
      throw new Error('out of reach')
    }
    await expect(call(setting, both, signOut)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    setting.old.beforeEnd = undefined
    await call(setting, both, signOut)
    expect(setting.old.records.size).toBe(0)
    expect(await liveSessions(setting.sessions)).toBe(0)
  })

  const failing: [string, Work][] = [
    ['at its commit', signOut],
    [
      'at a save',
      async (handle) => {
        await signOut(handle)
        await handle.save()
      },
    ],
    [
      'in a handler that throws',
      async (handle) => {
        await signOut(handle)
        throw new Error('no')
      },
    ],
  ]
  const answered = ({ sessions, cookie }: VisitorSetting, work: Work): Promise<Response> =>
    sessions.handle(
      visit(cookie),
      async (handle) => {
        await work(handle)
        return new Response()
      },
      { respond: errorPage },
    )
  const committed = async ({ sessions, cookie }: VisitorSetting): Promise<Response> => {
    const request = visit(cookie)
    await signOut(sessions.begin(request))
    return sessions.commit(request, errorPage(), { failed: true })
  }

  it.each([
    ...failing.map(([name, work]) => [name, (setting: VisitorSetting) => answered(setting, work)] as const),
    ['where the response stands for an error', committed],
  ] as const)('that fails %s leaves a visitor the old cookie, who has none of ours', async (_name, fail) => {
    const setting = movingVisitor()
    setting.old.beforeEnd = () => {
      throw new Error('out of reach')
    }
    const response = await fail(setting)
    expect(response.status).toBe(500)
    expect(response.headers.getSetCookie()).toEqual([])
    setting.old.beforeEnd = undefined
    const again = await call(setting, setting.cookie, signOut)
    expect(again.headers.getSetCookie()).toEqual([expect.stringMatching(/^old=; Max-Age=0/)])
    expect(setting.old.records.size).toBe(0)
    expect(await shown(setting, setting.cookie)).toEqual({})
  })

  it('is carried out where the handler throws', async () => {
    const setting = movingVisitor()
    const failing = call(setting, setting.cookie, async (handle) => {
      await signOut(handle)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(setting.old.records.size).toBe(0)
    expect(await shown(setting, setting.cookie)).toEqual({})
  })
})

describe('a store that fails while an old session moves', () => {
  it.each([1, 2])('at its %i. write leaves the old session as it was', async (nth) => {
    const setting = movingVisitor()
    let writes = 0
    setting.store.before('create', () => {
      writes++
      if (writes === nth) throw new Error('out of reach')
    })
    await expect(call(setting, setting.cookie, read)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(setting.old.records.size).toBe(1)
    expect(await liveSessions(setting.sessions)).toBe(0)
    setting.store.heal()
    expect(await shown(setting, cookieAfter(await call(setting, setting.cookie, read)))).toMatchObject({ user: 'ada' })
  })

  it('does not undo a move that the old library could not end', async () => {
    const setting = movingVisitor()
    setting.old.beforeEnd = () => {
      throw new Error('out of reach')
    }
    const ours = cookieAfter(await call(setting, setting.cookie, read))
    expect(await shown(setting, ours)).toMatchObject({ user: 'ada' })
    expect(setting.events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'store' }))
    setting.clock.passes(61)
    expect(await shown(setting, setting.cookie)).toEqual({})
  })
})

describe('an old application that goes on beside', () => {
  const keptBeside = (): VisitorSetting =>
    movingVisitor((old) => {
      old.isKept = true
    })

  it('keeps its cookie and its session, which moves once all the same', async () => {
    const setting = keptBeside()
    const responses = await atOnce(setting, [count, count, count])
    for (const response of responses) expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(await liveSessions(setting.sessions)).toBe(1)
    expect(setting.old.records.size).toBe(1)
    // Without ours, it is brought in anew.
    setting.clock.passes(61)
    expect(await shown(setting, setting.cookie)).toEqual({ user: 'ada', visits: 0 })
  })

  it.each([1, 2, 3, 4])('is noted as signed out where the note of the move is over by then (%i)', async (nth) => {
    const setting = keptBeside()
    const { memory, calls } = setting.store
    const ours = cookieAfter(await call(setting, setting.cookie, read))
    const note = calls.filter(({ method }) => method === 'create').at(-1)?.id as string
    let seen = 0
    for (const method of ['load', 'update'] as const) {
      setting.store.before(method, ({ id }) => {
        if (id === note && ++seen === nth) memory.delete(id)
      })
    }
    await call(setting, `${setting.cookie}; ${ours}`, signOut)
    expect(seen).toBeGreaterThanOrEqual(nth)
    setting.old.keep('a1', { user: 'ada' })
    setting.clock.passes(61)
    expect(await shown(setting, setting.cookie)).toEqual({})
  })

  it('is ended once that does not go on any more, and loses its cookie', async () => {
    const setting = keptBeside()
    const { old, clock, cookie } = setting
    const both = `${cookie}; ${cookieAfter(await call(setting, cookie, read))}`
    clock.passes(3600)
    old.isKept = false
    const response = await call(setting, both, count)
    expect(response.headers.getSetCookie().map((line) => line.split('=')[0])).toContain('old')
    expect(old.records.size).toBe(0)
    expect(await shown(setting, both)).toEqual({ user: 'ada', visits: 1 })
    expect(await shown(setting, cookie)).toEqual({})
  })

  it('loses both at a sign-out', async () => {
    const setting = keptBeside()
    const ours = cookieAfter(await call(setting, setting.cookie, read))
    const response = await call(setting, `${setting.cookie}; ${ours}`, signOut)
    expect(response.headers.getSetCookie().map((line) => line.split(';')[0])).toEqual(['old=', '__Host-sid='])
    expect(setting.old.records.size).toBe(0)
    setting.old.keep('a1', { user: 'ada' })
    setting.clock.passes(61)
    expect(await shown(setting, setting.cookie)).toEqual({})
  })
})
