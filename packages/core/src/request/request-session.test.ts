import { describe, expect, it } from 'vitest'
import { cryptoCalls } from '../testing/crypto-calls.js'
import { increment, processOn } from '../testing/process.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { randomToken } from '../testing/sign.js'
import { stagedManager } from '../testing/staged-manager.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'
import { everything, secrets, value } from '../testing/what-is-shown.js'

type Data = Record<string, unknown>

const setUp = stagedManager<Data>

const name = '__Host-sid'

describe('a request whose handler never asks for its session', () => {
  const headers: [string, (valid: string) => string][] = [
    ['no cookie', () => ''],
    ['a valid cookie', (valid) => valid],
    ['a forged cookie', () => `${name}=${randomToken()}.${randomToken()}`],
    ['a malformed cookie', () => `${name}=rubbish`],
    ['a thousand cookies', () => `${name}=${randomToken()}.${randomToken()}; `.repeat(1000)],
  ]

  it.each(headers)(
    'gets the very Response object back, at no store call and no crypto call, with %s',
    async (_, header) => {
      const { sessions, store, events } = setUp()
      const { cookie } = await sessions.issue({ user: 'ada' })
      store.forget()
      events.length = 0
      const original = new Response('hello', { headers: { 'Cache-Control': 'public' } })
      const before = [...original.headers]
      const calls = await cryptoCalls(async () => {
        const response = await sessions.handle(visit(header(cookie)), () => original)
        expect(response).toBe(original)
      })
      expect(calls).toEqual([])
      expect(store.calls).toEqual([])
      expect(events).toEqual([])
      expect([...original.headers]).toEqual(before)
    },
  )

  it('costs nothing either when the handle is opened, or the handler throws', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.forget()
    const calls = await cryptoCalls(async () => {
      const request = visit(cookie)
      sessions.open(request)
      await expect(
        sessions.handle(request, () => {
          throw new Error('no')
        }),
      ).rejects.toThrow('no')
    })
    expect(calls).toEqual([])
    expect(store.calls).toEqual([])
  })

  it('is what the counting above would notice: a write is not free', async () => {
    const { sessions } = setUp()
    const calls = await cryptoCalls(() => sessions.issue({ user: 'ada' }))
    expect(calls.length).toBeGreaterThan(0)
  })
})

describe('what must not be told', () => {
  it('is shown by no manager, handle, session or request that somebody logs', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: value })
    const request = visit(cookie)
    const handle = sessions.open(request)
    const session = await handle.write()
    const reader = await handle.read()
    session.set('more', value)
    await handle.save()
    for (const thing of [sessions, handle]) {
      const told = everything(thing)
      for (const hidden of [...secrets(cookie), value]) expect(told).not.toContain(hidden)
    }
    for (const view of [session, reader]) {
      const told = everything(view)
      for (const hidden of secrets(cookie)) expect(told).not.toContain(hidden)
      expect(JSON.parse(JSON.stringify(view))).toEqual({ user: value, more: value })
    }
    const plain = new Set(Reflect.ownKeys(visit(cookie)))
    for (const key of Reflect.ownKeys(request).filter((own) => !plain.has(own))) {
      const told = everything(Reflect.get(request, key))
      for (const hidden of [...secrets(cookie), value]) expect(told.includes(hidden), String(key)).toBe(false)
    }
  })

  it('is not shown by the JSON of a request or a response that went through', async () => {
    const { sessions } = setUp()
    const request = visit()
    const response = await sessions.handle(request, async (handle) => {
      ;(await handle.write()).set('user', value)
      return new Response()
    })
    const cookie = cookieAfter(response)
    for (const thing of [request, response]) {
      expect(JSON.stringify(thing)).not.toContain(value)
      for (const hidden of secrets(cookie)) expect(JSON.stringify(thing)).not.toContain(hidden)
      expect(Object.keys(thing).filter((key) => everything(Reflect.get(thing, key)).includes(cookie))).toEqual([])
    }
  })
})

describe('one request that asks several times', () => {
  it('loads once, and all see one state', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    store.delay(1, 3)
    await sessions.handle(visit(cookie), async (handle) => {
      const [one, two, three, four] = await Promise.all([handle.read(), handle.read(), handle.write(), handle.write()])
      three.set('visits', 2)
      expect(one.get('visits')).toBe(2)
      expect(two.get('visits')).toBe(2)
      four.update('visits', (n = 0) => n + 1)
      expect(one.get('visits')).toBe(3)
      return new Response()
    })
    store.heal()
    expect(store.methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(3)
  })

  it('that saves several times at once stores each change once', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    store.delay(1, 3)
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      const saves: Promise<void>[] = []
      for (let index = 0; index < 5; index++) {
        session.update('visits', (n = 0) => n + 1)
        saves.push(handle.save())
      }
      await Promise.all(saves)
      return new Response()
    })
    store.heal()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(5)
  })

  it('loses nothing that it changes while its own save is on the way', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      store.beforeNext('update', async () => {
        await increment(sessions, cookie, 'others').catch(() => {})
      })
      store.delay(2, 4)
      const saving = handle.save()
      await new Promise((resolve) => setTimeout(resolve, 1))
      session.set('late', 1)
      session.update('visits', (n = 0) => n + 1)
      await saving
      expect(session.get('late')).toBe(1)
      return new Response()
    })
    store.heal()
    const session = await sessions.read(visit(cookie))
    expect(session.get('visits')).toBe(3)
    expect(session.get('late')).toBe(1)
  })
})
