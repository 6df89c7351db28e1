import { parse, stringify } from 'devalue'
import { describe, expect, it } from 'vitest'
import { type SessionCodec, SessionManager } from '../index.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  at: Date
  roles: Map<string, Set<string>>
  deep: { list: { when: Date }[] }
}

const codec: SessionCodec = { encode: stringify, decode: (text) => parse(text) as Record<string, unknown> }

const data = (): Data => ({
  at: new Date(1000),
  roles: new Map([['admin', new Set(['read'])]]),
  deep: { list: [{ when: new Date(2000) }] },
})

async function setUp() {
  const store = new StagedStore()
  const sessions = new SessionManager<Data>({ store, secret, codec })
  const { cookie } = await sessions.issue(data())
  store.forget()
  return { store, sessions, cookie }
}

/** What an application could do to each value by mistake. */
function spoil(values: { at?: unknown; roles?: unknown; deep?: unknown }): void {
  const tries: (() => unknown)[] = [
    () => (values.at as Date).setFullYear(1999),
    () => (values.roles as Map<string, unknown>).clear(),
    () => (values.roles as Map<string, Set<string>>).get('admin')?.add('write'),
    () => (values.deep as Data['deep']).list[0]?.when.setFullYear(1999),
    () => (values.deep as Data['deep']).list.push({ when: new Date() }),
  ]
  for (const attempt of tries) {
    try {
      attempt()
    } catch {
      // Frozen is fine, too.
    }
  }
}

describe('with a codec that carries a Date, a Map and a Set', () => {
  it('what read() hands out can not be changed to any effect', async () => {
    const { store, sessions, cookie } = await setUp()
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.read()
      spoil({ at: session.get('at'), roles: session.get('roles'), deep: session.get('deep') })
      spoil(session.toJSON())
      expect(session.toJSON()).toEqual(data())
      ;(await handle.write()).set('at', new Date(5))
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ ...data(), at: new Date(5) })
  })

  it('what write() hands out is saved when it is changed in place', async () => {
    const { sessions, cookie } = await setUp()
    await writing(sessions, cookie, (session) => {
      session.get('at')?.setTime(7)
      session.get('roles')?.set('guest', new Set())
    })
    const roles = data().roles.set('guest', new Set())
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ ...data(), at: new Date(7), roles })
  })

  it('what was given to set stays the caller’s own', async () => {
    const { sessions, cookie } = await setUp()
    const own = data()
    await writing(sessions, cookie, (session) => {
      session.set('at', own.at).set('roles', own.roles)
      session.get('at')?.setTime(9)
      session.get('roles')?.clear()
      own.at.setTime(11)
    })
    expect(own.roles).toEqual(data().roles)
    const session = await sessions.read(visit(cookie))
    expect([session.get('at'), session.get('roles')]).toEqual([new Date(9), new Map()])
  })

  it('an equal value is no change', async () => {
    const { store, sessions, cookie } = await setUp()
    await writing(sessions, cookie, (session) => session.set('at', new Date(1000)).set('roles', data().roles))
    expect(store.methods).toEqual(['load'])
  })
})
