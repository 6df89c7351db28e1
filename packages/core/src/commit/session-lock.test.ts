import { describe, expect, it } from 'vitest'
import {
  CookieStore,
  MemoryStore,
  type RegenerateOptions,
  SessionCommittedError,
  SessionDestroyedError,
  type SessionHandle,
  SessionLockedError,
  SessionManager,
  type WritableSession,
} from '../index.js'
import { Clock } from '../testing/clock.js'
import { gate } from '../testing/gate.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { regenerate, signOut, writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

/** There no request waits for another one's promise, so that each looks by itself. */
const isOnWorkers = 'WebSocketPair' in globalThis

interface Data {
  balance: number
  note: string
}

/** Two managers on one store, as two processes have them, and a session with a balance of 100. */
async function twoProcesses() {
  const store = new StagedStore()
  const clock = new Clock()
  const make = (): SessionManager<Data> => new SessionManager<Data>({ store, secret, now: clock.now })
  const [one, two] = [make(), make()]
  const { cookie, id } = await one.issue({ balance: 100 })
  store.forget()
  return { store, clock, one, two, cookie, id }
}

/** Does this with the handle of a request. */
function within<R>(
  sessions: SessionManager<Data>,
  cookie: string,
  act: (handle: SessionHandle<Data>) => Promise<R>,
): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    await act(handle)
    return new Response()
  })
}

const balanceOf = async (sessions: SessionManager<Data>, cookie: string): Promise<number | undefined> =>
  (await sessions.read(visit(cookie))).get('balance')

describe('exclusive', () => {
  it('lets no two works of one session overlap, in whichever process, and loses none', async () => {
    const { one, two, cookie } = await twoProcesses()
    let inside = 0
    const work = (sessions: SessionManager<Data>): Promise<Response> =>
      within(sessions, cookie, (handle) =>
        handle.exclusive(async (session) => {
          expect(++inside).toBe(1)
          const before = session.get('balance') as number
          await new Promise((resolve) => setTimeout(resolve, 3))
          // A plain set, which would lose an update if another one came in between.
          session.set('balance', before - 10)
          inside--
        }),
      )
    await Promise.all([one, two, one, two, one, two].map(work))
    expect(await balanceOf(one, cookie)).toBe(40)
  })

  it('lets no two works of one request overlap', async () => {
    const { one, cookie } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      const spend = (): Promise<void> =>
        handle.exclusive(async (session) => {
          const before = session.get('balance') as number
          await new Promise((resolve) => setTimeout(resolve, 2))
          session.set('balance', before - 10)
        })
      await Promise.all([spend(), spend(), spend()])
    })
    expect(await balanceOf(one, cookie)).toBe(70)
  })

  it('is had one after the other by those of one process, in their order, who seldom ask the store meanwhile', async () => {
    if (isOnWorkers) return
    const { one, store, cookie } = await twoProcesses()
    const came: number[] = []
    const done: number[] = []
    const work = (n: number): Promise<Response> =>
      within(one, cookie, async (handle) => {
        await handle.read()
        came.push(n)
        await handle.exclusive(async () => {
          if (done.length === 0) {
            // Long enough for many looks of each.
            await new Promise((resolve) => setTimeout(resolve, 300))
            expect(store.methods.filter((method) => method === 'load').length).toBeLessThan(80)
          }
          done.push(n)
          // Those behind a failure come all the same.
          if (n % 3 === 1) throw new RangeError('no cover')
        })
      }).catch((error) => error)
    await Promise.all(Array.from({ length: 20 }, (_, n) => work(n)))
    expect(done).toHaveLength(20)
    expect(done).toEqual(came)
  })

  it('passes on at once behind a failure, though one before that never ends', async () => {
    if (isOnWorkers) return
    const { one, cookie, clock } = await twoProcesses()
    const isHeld = gate()
    const open = (): SessionHandle<Data> => one.open(visit(cookie))
    void open().exclusive(
      () => {
        isHeld.open()
        return new Promise(() => {})
      },
      { hold: 2 },
    )
    await isHeld.opened
    clock.passes(2)
    const failing = async (): Promise<never> => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      throw new RangeError('no cover')
    }
    // Were they to look once a second, those behind would come too late.
    await Promise.all(
      Array.from({ length: 3 }, () => expect(open().exclusive(failing, { wait: 0.9 })).rejects.toThrow('no cover')),
    )
  })

  it('passes to one of the same process as well when the hold of the one ahead is over', async () => {
    const { one, cookie, clock } = await twoProcesses()
    const [isHeld, isTaken] = [gate(), gate()]
    const slow = within(one, cookie, async (handle) => {
      const work = handle.exclusive(
        async () => {
          isHeld.open()
          await isTaken.opened
        },
        { hold: 2 },
      )
      await expect(work).rejects.toThrow(SessionLockedError)
    })
    await isHeld.opened
    const next = within(one, cookie, (handle) =>
      handle.exclusive((session) => {
        session.set('note', 'mine')
        isTaken.open()
      }),
    )
    clock.passes(2)
    await Promise.all([slow, next])
    expect((await one.read(visit(cookie))).get('note')).toBe('mine')
  })

  it('hands on what the work returns, and has stored by then what it did', async () => {
    const { one, two, cookie } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      const left = await handle.exclusive((session) => session.update('balance', (n = 0) => n - 1))
      expect(left).toBe(99)
      expect(await balanceOf(two, cookie)).toBe(99)
    })
  })

  it('shows the work what was stored while it waited', async () => {
    const { one, two, cookie } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      await handle.read()
      await writing(two, cookie, (session) => session.set('balance', 7))
      expect(await handle.exclusive((session) => session.get('balance'))).toBe(7)
    })
  })

  it('keeps out no request that asks for nothing of the kind: what that stores is merged', async () => {
    const { one, two, cookie } = await twoProcesses()
    await within(one, cookie, (handle) =>
      handle.exclusive(async (session) => {
        await writing(two, cookie, (other) => other.set('note', 'hello'))
        session.set('balance', 1)
      }),
    )
    expect((await one.read(visit(cookie))).toJSON()).toEqual({ balance: 1, note: 'hello' })
  })

  it('saves first what the request had changed before', async () => {
    const { one, two, cookie } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      ;(await handle.write()).set('note', 'before')
      await handle.exclusive(async () => {
        expect((await two.read(visit(cookie))).get('note')).toBe('before')
      })
    })
  })

  it('stores a new session first, so that others find it, and its cookie goes out', async () => {
    const { one, store } = await twoProcesses()
    const response = await within(one, '', (handle) =>
      handle.exclusive((session) => {
        expect(store.methods[0]).toBe('create')
        session.set('balance', 5)
      }),
    )
    expect(await balanceOf(one, cookieAfter(response))).toBe(5)
  })

  it('lets go when the work throws, and saves nothing of it, whatever comes later', async () => {
    const { one, two, cookie } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      const failing = handle.exclusive((session) => {
        session.set('balance', 0)
        throw new RangeError('no cover')
      })
      await expect(failing).rejects.toThrow('no cover')
      expect((await handle.read()).get('balance')).toBe(100)
      // At once, and not only when the hold is over.
      await within(two, cookie, (other) => other.exclusive((session) => session.set('note', 'mine'), { wait: 0 }))
    })
    expect((await one.read(visit(cookie))).toJSON()).toEqual({ balance: 100, note: 'mine' })
  })

  it('is a SessionLockedError after wait seconds, and nothing was changed', async () => {
    const { one, two, cookie, id, store } = await twoProcesses()
    await within(one, cookie, (handle) =>
      handle.exclusive(async () => {
        const before = store.memory.load(id)
        const started = performance.now()
        await within(two, cookie, async (other) => {
          const work = other.exclusive(() => expect.unreachable(), { wait: 0.05 })
          await expect(work).rejects.toThrow(SessionLockedError)
          await expect(work).rejects.toMatchObject({ code: 'ERR_SESSION_LOCKED' })
        })
        expect(performance.now() - started).toBeGreaterThanOrEqual(49)
        expect(store.memory.load(id)).toEqual(before)
      }),
    )
  })

  it('is let go after hold seconds by itself; who held it until then can not save any more', async () => {
    const { one, two, cookie, clock } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      const slow = handle.exclusive(
        async (session) => {
          session.set('balance', 0)
          clock.passes(2)
          await within(two, cookie, (other) => other.exclusive((theirs) => theirs.set('note', 'theirs'), { wait: 0 }))
        },
        { hold: 2 },
      )
      await expect(slow).rejects.toThrow(SessionLockedError)
    })
    expect((await one.read(visit(cookie))).toJSON()).toEqual({ balance: 100, note: 'theirs' })
  })

  it('whose time is over can not save either where nobody else came', async () => {
    const { one, cookie, clock } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      const slow = handle.exclusive(
        (session) => {
          session.set('balance', 0)
          clock.passes(2)
        },
        { hold: 2 },
      )
      await expect(slow).rejects.toThrow(SessionLockedError)
    })
    expect(await balanceOf(one, cookie)).toBe(100)
  })

  it('whose time is over can not save in the middle of its work either', async () => {
    const { one, cookie, clock } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      const slow = handle.exclusive(
        async (session) => {
          session.set('balance', 50)
          await handle.save()
          clock.passes(2)
          session.set('balance', 0)
          await handle.save()
        },
        { hold: 2 },
      )
      await expect(slow).rejects.toThrow(SessionLockedError)
    })
    expect(await balanceOf(one, cookie)).toBe(50)
  })

  it('goes on over a save in its middle: nobody comes in there', async () => {
    const { one, two, cookie } = await twoProcesses()
    await within(one, cookie, (handle) =>
      handle.exclusive(async (session) => {
        session.set('balance', 50)
        await handle.save()
        await within(two, cookie, async (other) => {
          await expect(other.exclusive(() => {}, { wait: 0 })).rejects.toThrow(SessionLockedError)
        })
        session.set('note', 'later')
      }),
    )
    expect((await one.read(visit(cookie))).toJSON()).toEqual({ balance: 50, note: 'later' })
    await within(two, cookie, (other) => other.exclusive(() => {}, { wait: 0 }))
  })

  it.each([
    ['destroyed', signOut],
    ['given a new id', regenerate],
  ])('is a SessionDestroyedError for a session that was %s while one waited', async (_, end) => {
    const { one, two, cookie } = await twoProcesses()
    const waiting = gate()
    let waited: Promise<unknown> | undefined
    await within(one, cookie, (handle) =>
      handle.exclusive(async () => {
        waited = within(two, cookie, async (other) => {
          await other.read()
          waiting.open()
          await expect(other.exclusive(() => expect.unreachable())).rejects.toThrow(SessionDestroyedError)
        })
        await waiting.opened
        await end(two, cookie)
      }),
    ).catch(() => {})
    await waited
  })

  it('may regenerate: the new id has the changes, and is nobody’s to wait for', async () => {
    const { one, cookie } = await twoProcesses()
    const response = await within(one, cookie, (handle) =>
      handle.exclusive((session) => session.set('balance', 1).regenerate()),
    )
    const next = cookieAfter(response)
    expect(next).not.toBe(cookie)
    await within(one, next, (handle) => handle.exclusive((session) => session.set('note', 'free'), { wait: 0 }))
    expect((await one.read(visit(next))).toJSON()).toEqual({ balance: 1, note: 'free' })
  })

  it('may destroy', async () => {
    const { one, store, cookie } = await twoProcesses()
    const response = await within(one, cookie, (handle) => handle.exclusive((session) => session.destroy()))
    expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')])
    expect(store.memory.size).toBe(0)
  })

  it('works after the response was committed, as in a stream, but starts no session there', async () => {
    const { one, cookie } = await twoProcesses()
    for (const [comes, check] of [
      [cookie, async (late: Promise<unknown>) => expect(await late).toBe(90)],
      ['', async (late: Promise<unknown>) => expect(late).rejects.toThrow(SessionCommittedError)],
    ] as const) {
      let handle: SessionHandle<Data> | undefined
      await within(one, comes, async (given) => {
        handle = given
      })
      await check((handle as SessionHandle<Data>).exclusive((session) => session.update('balance', (n = 0) => n - 10)))
    }
    expect(await balanceOf(one, cookie)).toBe(90)
  })

  it('refuses a wait or hold that is no time', async () => {
    const { one, cookie } = await twoProcesses()
    const handle = one.open(visit(cookie))
    for (const times of [
      { wait: -1 },
      { wait: Number.NaN },
      { hold: 0 },
      { hold: Infinity },
      { hold: '5' as never },
      { wait: 601 },
      { hold: 3601 },
    ]) {
      await expect(handle.exclusive(() => {}, times)).rejects.toThrow(TypeError)
    }
  })

  it('is refused where nothing can be compared and set', async () => {
    const memory = new MemoryStore()
    const weak = new Proxy(memory, {
      get: (target, name) => {
        if (name === 'atomic') return false
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    for (const store of [weak, new CookieStore()]) {
      const sessions = new SessionManager<Data>({ store, secret })
      await expect(sessions.open(visit()).exclusive(() => {})).rejects.toMatchObject({
        code: 'ERR_SESSION_UNSUPPORTED',
      })
    }
  })

  it('is no use of the session while it waits and works, nor where the work fails: no expiry moves', async () => {
    const { store, clock, cookie, id } = await twoProcesses()
    const before = store.memory.load(id)?.expiresAt
    const later = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: 200_000 })
    const working = within(later, cookie, (handle) =>
      handle.exclusive(() => {
        expect(store.memory.load(id)?.expiresAt).toBe(before)
        throw new RangeError('no')
      }),
    )
    await expect(working).rejects.toThrow(RangeError)
    expect(store.memory.load(id)?.expiresAt).toBe(before)
  })
})

describe('an exclusive beside others', () => {
  it('is not refused where the answer to an ordinary change comes late', async () => {
    const { one, cookie, store } = await twoProcesses()
    const [isWritten, answer] = [gate(), gate()]
    store.afterNext('update', () => {
      isWritten.open()
      return answer.opened
    })
    const changing = writing(one, cookie, (session) => void session.set('note', 'seen'))
    await isWritten.opened
    let works = 0
    const working = within(one, cookie, (handle) =>
      handle.exclusive((session) => {
        works++
        session.update('balance', (n = 0) => n - 10)
        setTimeout(answer.open, 5)
      }),
    )
    await Promise.all([changing, working])
    expect([works, await balanceOf(one, cookie)]).toEqual([1, 90])
  })

  it.each<[string, RegenerateOptions | undefined]>([
    ['of a sign-in', undefined],
    ['to which the old cookie leads no more', { grace: Number.MIN_VALUE }],
  ])('does not go along to a new id %s', async (_name, options) => {
    const { one, two, cookie } = await twoProcesses()
    const goOn = gate()
    const isAtWork = gate()
    const working = within(one, cookie, (handle) =>
      handle.exclusive(async () => {
        isAtWork.open()
        await goOn.opened
      }),
    )
    await isAtWork.opened
    const next = cookieAfter(await writing(two, cookie, (session) => void session.regenerate(options)))
    await within(two, next, (handle) => handle.exclusive((session) => session.set('balance', 1), { wait: 0 }))
    goOn.open()
    await expect(working).rejects.toThrow(SessionDestroyedError)
    expect(await balanceOf(two, next)).toBe(1)
  })

  it.each<[string, (session: WritableSession<Data>) => void]>([
    ['and is no success', () => {}],
    ['nor by a sign-in of its own', (session) => session.regenerate()],
  ])('takes nothing from the session that has got a new id meanwhile, %s', async (_name, alsoDo) => {
    const { one, two, cookie } = await twoProcesses()
    let next = ''
    const working = within(one, cookie, (handle) =>
      handle.exclusive(async (session) => {
        expect(session.take('balance')).toBe(100)
        next = cookieAfter(await regenerate(two, cookie))
        alsoDo(session)
      }),
    )
    await expect(working).rejects.toThrow(SessionDestroyedError)
    expect(await balanceOf(two, next)).toBe(100)
    expect((await two.list()).sessions).toHaveLength(1)
  })

  it('is no success where the session was destroyed meanwhile, unless the work has done that itself', async () => {
    const { one, two, cookie, id } = await twoProcesses()
    const working = within(one, cookie, (handle) => handle.exclusive(() => two.destroy(id)))
    await expect(working).rejects.toThrow(SessionDestroyedError)
    const other = await one.issue({ balance: 1 })
    await within(one, other.cookie, (handle) => handle.exclusive((session) => session.destroy()))
    expect(await one.peek(other.id)).toBe(undefined)
  })

  it('goes along to the new id of a rotation, to which the old cookie leads', async () => {
    const { one, two, cookie } = await twoProcesses()
    let next = ''
    await within(one, cookie, (handle) =>
      handle.exclusive(async (session) => {
        next = cookieAfter(await writing(two, cookie, (session) => session.regenerate({ grace: 30 })))
        await within(two, next, async (handle) => {
          await expect(handle.exclusive(() => {}, { wait: 0 })).rejects.toThrow(SessionLockedError)
        })
        session.set('balance', 1)
      }),
    )
    expect(await balanceOf(two, next)).toBe(1)
  })

  it('keeps the lock where it gives its session a new id itself, and saves in between', async () => {
    const { one, two, cookie } = await twoProcesses()
    const response = await within(one, cookie, (handle) =>
      handle.exclusive(async (session) => {
        session.regenerate()
        await handle.save()
        expect((await one.list()).sessions).toHaveLength(1)
        session.set('balance', 1)
      }),
    )
    const next = cookieAfter(response)
    await within(two, next, (handle) => handle.exclusive((session) => session.set('note', 'free'), { wait: 0 }))
    expect(await balanceOf(two, next)).toBe(1)
  })
})

describe('an exclusive within the work of another of the same handle', () => {
  it('ends by itself after its wait, and the outer one goes on', async () => {
    const { one, cookie } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      await handle.exclusive(async (session) => {
        const inner = handle.exclusive(() => {}, { wait: 0.05 })
        await expect(inner).rejects.toBeInstanceOf(SessionLockedError)
        session.set('balance', 50)
      })
    })
    expect((await one.read(visit(cookie))).get('balance')).toBe(50)
  })
})

describe('an exclusive beside a save of the same request', () => {
  it('counts no update twice', async () => {
    const { one, cookie, store } = await twoProcesses()
    store.delay(1, 3)
    await within(one, cookie, async (handle) => {
      ;(await handle.write()).update('balance', (n = 0) => n + 1)
      await Promise.all([handle.save(), handle.exclusive(() => {})])
    })
    expect((await one.read(visit(cookie))).get('balance')).toBe(101)
  })

  it('that throws loses nothing that is saved while it lets go, nor what is changed after it', async () => {
    const { one, cookie, store } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      const session = await handle.write()
      const [isWritten, answer] = [gate(), gate()]
      let saving: Promise<void> | undefined
      const work = handle.exclusive(async () => {
        store.afterNext('update', () => {
          isWritten.open()
          return answer.opened
        })
        saving = handle.save((session) => void session.set('note', 'saved'))
        await isWritten.opened
        throw new Error('no')
      })
      await expect(work).rejects.toThrow('no')
      session.update('balance', (n = 0) => n + 1)
      answer.open()
      await saving
    })
    expect((await one.read(visit(cookie))).toJSON()).toEqual({ balance: 101, note: 'saved' })
  })

  it('gives no new id where its work asked for one and threw', async () => {
    const { one, cookie, id } = await twoProcesses()
    await within(one, cookie, async (handle) => {
      const work = handle.exclusive((session) => {
        session.regenerate()
        throw new Error('no')
      })
      await expect(work).rejects.toThrow('no')
    })
    expect((await one.read(visit(cookie))).id).toBe(id)
  })
})
