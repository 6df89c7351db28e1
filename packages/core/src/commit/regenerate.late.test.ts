import { describe, expect, it } from 'vitest'
import type { SessionRecord } from '../index.js'
import { liveSessions } from '../testing/live-sessions.js'
import { sessionCookies } from '../testing/response-cookies.js'
import { writing } from '../testing/serve.js'
import { type Setting, stagedManager } from '../testing/staged-manager.js'
import type { StagedStore, StoreCall, StoreMethod } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
}

const kinds: [string, { grace?: number }][] = [
  ['grace', { grace: 60 }],
  ['no grace', {}],
]

/** A call that was given up, and is carried out when this is called. */
type Late = () => unknown

const noAnswer = new Error('no answer')

const carryOut = ({ memory }: StagedStore, { method, id, record }: StoreCall): unknown =>
  record === undefined
    ? memory[method as 'load' | 'delete'](id)
    : memory[method as 'create' | 'update'](id, record as SessionRecord)

/** From now on the store gives no answer to these calls, and keeps them for later. */
function standStill(store: StagedStore, methods: readonly StoreMethod[], late: Late[]): void {
  for (const method of methods)
    store.before(method, (call) => {
      late.push(() => carryOut(store, call))
      throw noAnswer
    })
}

function ordersOf<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]]
  return all.flatMap((one, at) => ordersOf([...all.slice(0, at), ...all.slice(at + 1)]).map((rest) => [one, ...rest]))
}

/** Each order in which these many calls can be carried out. */
const orders = (count: number): number[][] => ordersOf(Array.from({ length: count }, (_, place) => place))

/** The session gets a new id in a store that stands still from the write of the marker on. */
async function interrupted(
  { sessions, store }: Setting<Data>,
  cookie: string,
  options: { grace?: number; user?: string; meanwhile?: () => Promise<unknown> } = {},
): Promise<Late[]> {
  const late: Late[] = []
  const { grace, user, meanwhile } = options
  const handled = sessions.handle(visit(cookie), async (handle) => {
    const session = await handle.write()
    if (user !== undefined) session.set('user', user)
    session.regenerate(grace === undefined ? {} : { grace })
    await meanwhile?.()
    standStill(store, ['update', 'load', 'delete'], late)
    return new Response()
  })
  await expect(handled).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause: noAnswer })
  store.heal()
  return late
}

async function interruptedOnce(options: { grace?: number; user?: string }): Promise<Late[]> {
  const setting = stagedManager<Data>()
  const { cookie } = await setting.sessions.issue({ visits: 1 })
  return interrupted(setting, cookie, options)
}

describe('a rotation whose store stands still at the marker, and carries everything out later', () => {
  it('leaves the visitor signed in, in whatever order that happens', async () => {
    const { length } = await interruptedOnce({ grace: 60 })
    for (const order of orders(length)) {
      const setting = stagedManager<Data>()
      const { cookie } = await setting.sessions.issue({ user: 'ada' })
      const late = await interrupted(setting, cookie, { grace: 60 })
      for (const place of order) {
        late[place]?.()
        expect((await setting.sessions.read(visit(cookie))).get('user')).toBe('ada')
      }
    }
  })

  it('leaves the visitor signed in if nothing is ever carried out', async () => {
    const setting = stagedManager<Data>()
    const { cookie, id } = await setting.sessions.issue({ user: 'ada' })
    await interrupted(setting, cookie, { grace: 60 })
    expect((await setting.sessions.read(visit(cookie))).id).toBe(id)
  })
})

describe('what another request has stored while an id was being replaced', () => {
  it.each(kinds)('is never undone by what the store carries out late, with %s', async (_, options) => {
    const setUp = async (): Promise<[Setting<Data>, string, Late[]]> => {
      const setting = stagedManager<Data>()
      const { cookie } = await setting.sessions.issue({ user: 'ada', visits: 1 })
      const meanwhile = (): Promise<unknown> => writing(setting.sessions, cookie, (other) => other.set('visits', 2))
      return [setting, cookie, await interrupted(setting, cookie, { ...options, meanwhile })]
    }
    const [, , { length }] = await setUp()
    for (const order of orders(length)) {
      const [{ sessions }, cookie, late] = await setUp()
      for (const place of order) late[place]?.()
      expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ user: 'ada', visits: 2 })
    }
  })
})

describe('a sign-in whose store stands still at the marker, and carries everything out later', () => {
  it('opens the new privileges with the old cookie at no moment, and leaves no session that has them', async () => {
    const { length } = await interruptedOnce({ user: 'admin' })
    for (const order of orders(length)) {
      const setting = stagedManager<Data>()
      const { cookie } = await setting.sessions.issue({ visits: 1 })
      const late = await interrupted(setting, cookie, { user: 'admin' })
      for (const place of order) {
        late[place]?.()
        expect((await setting.sessions.read(visit(cookie))).get('user')).toBe(undefined)
      }
      for (const id of new Set(setting.store.calls.map((call) => call.id)))
        expect((await setting.sessions.peek(id))?.get('user')).toBe(undefined)
    }
  })
})

describe('a marker that comes late', () => {
  it.each(kinds)('finds no place any more where the store could be looked at before, with %s', async (_, options) => {
    const { sessions, store } = stagedManager<Data>()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    let late: unknown
    store.beforeNext('update', (call) => {
      late = call
      throw noAnswer
    })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate(options)
      return new Response()
    })
    await expect(handled).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause: noAnswer })
    expect(carryOut(store, late as StoreCall)).toBe(false)
    const session = await sessions.read(visit(cookie))
    expect([session.id, session.get('user')]).toEqual([id, 'ada'])
    expect(await liveSessions(sessions)).toBe(1)
  })

  it('right after the look is found by the next one: the session has its new id', async () => {
    const { sessions, store } = stagedManager<Data>()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    store.beforeNext('update', (marker) => {
      store.beforeNext('update', () => void carryOut(store, marker))
      throw noAnswer
    })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      return new Response()
    })
    const session = await sessions.read(visit(String(sessionCookies(response)[0]).split(';')[0]))
    expect(session.get('user')).toBe('ada')
    expect(session.id).not.toBe(id)
    expect(await liveSessions(sessions)).toBe(1)
  })

  it('is shut out by a write whose own answer was lost', async () => {
    const { sessions, store } = stagedManager<Data>()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    let late: unknown
    store.beforeNext('update', (marker) => {
      late = marker
      store.afterNext('update', () => {
        throw noAnswer
      })
      throw noAnswer
    })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate({ grace: 60 })
      return new Response()
    })
    await expect(handled).rejects.toMatchObject({ cause: noAnswer })
    expect(carryOut(store, late as StoreCall)).toBe(false)
    expect((await sessions.read(visit(cookie))).id).toBe(id)
    expect(await liveSessions(sessions)).toBe(1)
  })
})
