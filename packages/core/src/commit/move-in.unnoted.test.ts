import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, type SessionStore } from '../index.js'
import {
  call,
  count,
  type MovingOptions,
  type MovingSetting,
  movingManager,
  read,
  shown,
  signIn,
  signOut,
} from '../testing/moving-in.js'
import { OldLibrary } from '../testing/old-library.js'
import { cookieAfter } from '../testing/response-cookies.js'

/** Like a store at the edge, each request of which is answered at a place that does not know yet what others wrote. */
class FarStore implements SessionStore {
  readonly atomic = false
  readonly #near = new MemoryStore()
  readonly #hidden = new Set<string>()
  isBehind = true
  load = (id: string): ReturnType<SessionStore['load']> => (this.#isHidden(id) ? undefined : this.#near.load(id))
  create: SessionStore['create'] = (id, record) => {
    this.#hidden.add(id)
    return this.#isHidden(id) ? this.#near.create(id, record) || this.update(id, record) : this.#near.create(id, record)
  }
  update: SessionStore['update'] = (id, record) => this.#near.delete(id) && this.#near.create(id, record)
  touch: SessionStore['touch'] = (id, expiresAt, version) => this.#near.touch(id, expiresAt, version)
  delete: SessionStore['delete'] = (id) => this.#near.delete(id)
  #isHidden(id: string): boolean {
    return this.isBehind && this.#hidden.has(id)
  }
}

const stores: [string, () => CookieStore | FarStore][] = [
  ['sessions live in their cookies', () => new CookieStore()],
  ['they can be revoked there', () => new CookieStore({ revocations: new MemoryStore() })],
  ['other places do not see the note yet', () => new FarStore()],
]

/** A visitor whose old session is in a store of the old library. */
function visitor(
  store: CookieStore | FarStore,
  options: MovingOptions = {},
): MovingSetting & { cookie: string; catchUp: () => void } {
  const setting = movingManager({ store, ...options }, new OldLibrary())
  const catchUp = (): void => {
    if (store instanceof FarStore) store.isBehind = false
  }
  return { ...setting, cookie: setting.old.keep('a1', { user: 'ada', visits: 0 }), catchUp }
}

const names = (response: Response): string[] => response.headers.getSetCookie().map((line) => line.split('=')[0] ?? '')

describe.each(stores)('an old session that moves where %s', (_name, store) => {
  it('is there for the requests that were sent at the same time, each of which brings it', async () => {
    const setting = visitor(store())
    const first = await call(setting, setting.cookie, count)
    expect(names(first)).toEqual(['__Host-sid'])
    // Sent before that answer arrived, and answered after it.
    const second = await call(setting, setting.cookie, count)
    setting.catchUp()
    expect(await shown(setting, cookieAfter(second))).toEqual({ user: 'ada', visits: 1 })
    expect(setting.events.filter(({ type }) => type === 'rejected')).toEqual([])
  })

  it('stays for the grace, and is ended by the first request after it that brings both cookies', async () => {
    const setting = visitor(store())
    const { old, clock, cookie } = setting
    const both = `${cookie}; ${cookieAfter(await call(setting, cookie, read))}`
    setting.catchUp()
    clock.passes(59)
    expect(names(await call(setting, both, read))).toEqual([])
    expect(old.records.size).toBe(1)
    clock.passes(2)
    expect(names(await call(setting, both, read))).toEqual(['old'])
    expect(old.records.size).toBe(0)
    expect(await shown(setting, cookie)).toEqual({})
    expect(await shown(setting, both)).toMatchObject({ user: 'ada' })
  })

  it.each([
    ['a lifetime of its own', { persistent: false }],
    ['that of the manager again', undefined],
  ])('is still known for one that has moved when the session was changed, and has %s', async (_name, lifetime) => {
    const setting = visitor(store())
    const { old, clock, cookie } = setting
    let ours = cookieAfter(await call(setting, cookie, read))
    setting.catchUp()
    const change = async (work: Parameters<typeof call>[2]): Promise<void> => {
      ours = cookieAfter(await call(setting, `${cookie}; ${ours}`, work)) || ours
    }
    await change(count)
    await change(async (handle) => (await handle.write()).setLifetime(lifetime))
    // What core notes of the old session is no part of it.
    expect((await setting.sessions.read(ours)).lifetime).toEqual(lifetime)
    clock.passes(61)
    await change(count)
    expect(old.records.size).toBe(0)
    expect(await shown(setting, ours)).toEqual({ user: 'ada', visits: 2 })
  })

  it('is ended with a new id as well', async () => {
    const setting = visitor(store())
    const { old, clock, cookie } = setting
    const ours = cookieAfter(await call(setting, cookie, read))
    setting.catchUp()
    clock.passes(61)
    const response = await call(setting, `${cookie}; ${ours}`, signIn)
    expect(names(response)).toEqual(['old', '__Host-sid'])
    expect(old.records.size).toBe(0)
    expect(await shown(setting, cookieAfter(response))).toMatchObject({ user: 'admin' })
  })

  it.each([
    ['with both cookies', true],
    ['with the old one', false],
  ])('is ended by a sign-out %s, at once', async (_name, hasBoth) => {
    const setting = visitor(store())
    const { old, cookie } = setting
    const ours = cookieAfter(await call(setting, cookie, read))
    setting.catchUp()
    const response = await call(setting, hasBoth ? `${cookie}; ${ours}` : cookie, signOut)
    expect(names(response)).toEqual(hasBoth ? ['old', '__Host-sid'] : ['old'])
    expect(old.records.size).toBe(0)
  })

  it('is ended with the move without a grace', async () => {
    const setting = visitor(store())
    setting.old.grace = 0
    expect(names(await call(setting, setting.cookie, read))).toEqual(['old', '__Host-sid'])
    expect(setting.old.records.size).toBe(0)
  })

  it('keeps its cookie where it could not be ended, until a request can end it', async () => {
    const setting = visitor(store())
    const { old, clock, events } = setting
    const both = `${setting.cookie}; ${cookieAfter(await call(setting, setting.cookie, read))}`
    setting.catchUp()
    clock.passes(61)
    old.beforeEnd = () => {
      throw new Error('out of reach')
    }
    events.length = 0
    expect(names(await call(setting, both, read))).toEqual([])
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'store' }))
    old.beforeEnd = undefined
    expect(names(await call(setting, both, read))).toEqual(['old'])
    expect(old.records.size).toBe(0)
  })

  it('stays beside an old application that goes on, and is ended once that does not any more', async () => {
    const setting = visitor(store())
    const { old, clock } = setting
    old.isKept = true
    const both = `${setting.cookie}; ${cookieAfter(await call(setting, setting.cookie, read))}`
    setting.catchUp()
    clock.passes(3600)
    expect(names(await call(setting, both, read))).toEqual([])
    expect(old.records.size).toBe(1)
    old.isKept = false
    expect(names(await call(setting, both, read))).toEqual(['old'])
    expect(old.records.size).toBe(0)
  })
})
