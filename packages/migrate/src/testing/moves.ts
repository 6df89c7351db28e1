import { describe, expect, it, vi } from 'vitest'
import type { Brought } from '../moving-in.js'
import type { OldLibrary } from '../old-library.js'
import { Jar } from './jar.js'
import { countVisit, NewApp, type NewData, oldData, signOut } from './new-app.js'
import { respellings } from './respellings.js'

/** An application with the old library. */
export interface OldApp {
  /** Signs a visitor in with the library itself. The `Set-Cookie` lines. */
  signIn(data: object): Promise<readonly string[]>
  /** How it moves in. */
  from(): OldLibrary<Brought<NewData>>
  /** What the library itself finds by these cookies. */
  see(header: string): Promise<unknown>
  /** Whether its data is all in the cookie, which it takes as long as that lives. */
  readonly isStateless: boolean
}

type Open = () => OldApp | Promise<OldApp>

/** What holds for each library whose cookies tell its sessions apart. */
export function moves(name: string, open: Open): void {
  describe(`a visitor of ${name}`, () => {
    movesIn(open)
    movesOnce(open)
  })
}

/** What holds for each library whose cookies hold data alone, so that equal data makes equal cookies. */
export function movesEachTime(name: string, open: Open): void {
  describe(`a visitor of ${name}`, () => {
    movesIn(open)
    movesAgain(open)
  })
}

/** Whatever is in the old cookie. */
function movesIn(open: Open): void {
  it('stays signed in with all data, under a new id, and loses the old cookie and the old session', async () => {
    const old = await open()
    const jar = new Jar().take(await old.signIn(oldData))
    const before = jar.header
    expect(await old.see(before)).toMatchObject(oldData)
    const app = new NewApp([old.from()])
    expect(await app.visit(jar)).toEqual(oldData)
    expect(jar.names).toEqual(['__Host-sid'])
    expect(await app.visit(jar, countVisit)).toEqual(oldData)
    expect(await app.visit(jar)).toEqual({ ...oldData, visits: 1 })
    expect(app.events.filter(({ type }) => type === 'moved-in')).toHaveLength(1)
    if (!old.isStateless) expect(await old.see(before)).not.toHaveProperty('user')
  })

  it('has another session for another visitor with the same data', async () => {
    const old = await open()
    const app = new NewApp([old.from()], { grace: 3600 })
    const [one, two] = [new Jar().take(await old.signIn(oldData)), new Jar().take(await old.signIn(oldData))]
    await app.visit(one, countVisit)
    expect(await app.visit(two)).toEqual(oldData)
    expect(await app.visit(one)).toEqual({ ...oldData, visits: 1 })
    await app.visit(one, signOut)
    expect(await app.visit(two)).toEqual(oldData)
    await app.visit(new Jar().take(await old.signIn(oldData)), signOut)
    expect(await app.visit(two)).toEqual(oldData)
  })

  it('goes by our cookie where there are both, and keeps the other one if ours has not come from it', async () => {
    const old = await open()
    const app = new NewApp([old.from()])
    const { setCookie } = await app.sessions.issue({ user: 'grace' })
    const jar = new Jar().take(await old.signIn(oldData)).take([setCookie])
    const { names } = jar
    expect(await app.visit(jar)).toEqual({ user: 'grace' })
    expect(jar.names).toEqual(names)
    await app.visit(jar, async (handle) => (await handle.write()).regenerate())
    expect(jar.names).toEqual(['__Host-sid'])
  })

  it('brings nothing by a cookie that is forged, cut off, too long or rubbish', async () => {
    const old = await open()
    const { header } = new Jar().take(await old.signIn(oldData))
    const app = new NewApp([old.from()])
    const [name] = header.split('=') as [string]
    const value = header.split(';')[0]?.slice(name.length + 1) as string
    const rest = header.slice(name.length + 1 + value.length)
    const middle = Math.floor(value.length / 2)
    const swapped = value[middle] === 'A' ? 'B' : 'A'
    for (const bad of [
      value.slice(0, middle) + swapped + value.slice(middle + 1),
      value.slice(0, middle),
      value.slice(0, -3),
      value.slice(1),
      `${value}${'A'.repeat(5000)}`,
      'A'.repeat(300),
      '%',
      '%E0%A4%A',
      '*******',
      '.',
      's:.',
      ';',
      '__chunked__99999999',
      '__chunked__3',
    ]) {
      expect(await app.see(`${name}=${bad}${rest}`)).toEqual({})
    }
    expect(await app.count()).toBe(0)
  })

  it('is not looked at after `until`', async () => {
    const old = await open()
    const { header } = new Jar().take(await old.signIn(oldData))
    const app = new NewApp([old.from()], { until: new Date(Date.now() - 1) })
    expect(await app.see(header)).toEqual({})
  })
}

/** By a cookie that is no other visitor's. */
function movesOnce(open: Open): void {
  it('moves once, however many requests come at once', async () => {
    const old = await open()
    const jar = new Jar().take(await old.signIn(oldData))
    const { header } = jar
    const app = new NewApp([old.from()])
    const shown = await Promise.all([1, 2, 3, 4, 5].map(() => app.visit(jar, countVisit, header)))
    for (const one of shown) expect(one).toMatchObject(oldData)
    expect(await app.visit(jar)).toEqual({ ...oldData, visits: 5 })
    expect(await app.count()).toBe(1)
  })

  it('gains nothing by the old cookie after the move', async () => {
    const old = await open()
    const jar = new Jar().take(await old.signIn(oldData))
    const { header } = jar
    const app = new NewApp([old.from()], { grace: 0 })
    await app.visit(jar)
    expect(await app.see(header)).toEqual({})
    expect(await app.count()).toBe(1)
  })

  it.each([
    ['a move', () => {}],
    ['a sign-out', signOut],
  ])('gains nothing by another spelling of the old cookie after %s', async (_name, work) => {
    const old = await open()
    const jar = new Jar().take(await old.signIn(oldData))
    const { header } = jar
    const app = new NewApp([old.from()], { grace: 0 })
    expect(await app.visit(jar, work)).toEqual(oldData)
    for (const other of respellings(header)) expect([other, await app.see(other)]).toEqual([other, {}])
  })

  it('is signed out of both by a sign-out, before the move and after it', async () => {
    const old = await open()
    const app = new NewApp([old.from()])
    for (const first of [() => {}, (jar: Jar) => app.visit(jar)]) {
      const jar = new Jar().take(await old.signIn(oldData))
      const { header } = jar
      await first(jar)
      await app.visit(jar, signOut)
      expect(jar.names).toEqual([])
      expect(await app.see(header)).toEqual({})
    }
    expect(await app.count()).toBe(0)
  })

  it('may go on at the old application, if that is kept', async () => {
    const old = await open()
    const jar = new Jar().take(await old.signIn(oldData))
    const { header } = jar
    const app = new NewApp([old.from()], { keepOld: true })
    expect(await app.visit(jar)).toEqual(oldData)
    expect(await old.see(jar.header)).toMatchObject(oldData)
    await app.visit(jar, signOut)
    expect(jar.names).toEqual([])
    expect(await app.see(header)).toEqual({})
  })
}

/** By a cookie that other visitors may have as well. */
function movesAgain(open: Open): void {
  it('has the cookie of another one with the same data', async () => {
    const old = await open()
    const headerOf = async (data: object) => new Jar().take(await old.signIn(data)).header
    expect(await headerOf(oldData)).toBe(await headerOf(oldData))
    expect(await headerOf(oldData)).not.toBe(await headerOf({ ...oldData, user: 'grace' }))
  })

  it('begins a session with each of several requests at once, of which the browser keeps the last', async () => {
    const old = await open()
    const jar = new Jar().take(await old.signIn(oldData))
    const { header } = jar
    const app = new NewApp([old.from()])
    const shown = await Promise.all([1, 2, 3, 4, 5].map(() => app.visit(jar, countVisit, header)))
    for (const one of shown) expect(one).toEqual(oldData)
    expect(await app.visit(jar)).toEqual({ ...oldData, visits: 1 })
    expect(await app.count()).toBe(5)
  })

  it.each([
    ['a move', () => {}],
    ['a sign-out', signOut],
  ])('is brought in again by a copy of the old cookie after %s, until `until`', async (_name, work) => {
    const old = await open()
    const jar = new Jar().take(await old.signIn(oldData))
    const { header } = jar
    const app = new NewApp([old.from()], { until: Date.now() + 390 * 86_400_000 })
    await app.visit(jar, work)
    expect(await app.see(header)).toEqual(oldData)
    await later(389 * 86_400, async () => expect(await app.see(header)).toEqual(oldData))
    await later(391 * 86_400, async () => expect(await app.see(header)).toEqual({}))
  })

  it('loses both cookies by a sign-out, before the move and after it', async () => {
    const old = await open()
    const app = new NewApp([old.from()])
    for (const first of [() => {}, (jar: Jar) => app.visit(jar)]) {
      const jar = new Jar().take(await old.signIn(oldData))
      await first(jar)
      await app.visit(jar, signOut)
      expect(jar.names).toEqual([])
    }
    expect(await app.count()).toBe(0)
  })

  it('may go on at the old application, if that is kept', async () => {
    const old = await open()
    const jar = new Jar().take(await old.signIn(oldData))
    const app = new NewApp([old.from()], { keepOld: true })
    expect(await app.visit(jar)).toEqual(oldData)
    expect(await old.see(jar.header)).toMatchObject(oldData)
    await app.visit(jar, signOut)
    expect(jar.names).toEqual([])
  })
}

/** Runs this some time later. */
export async function later<T>(seconds: number, act: () => Promise<T>): Promise<T> {
  const now = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: now + seconds * 1000 })
  try {
    return await act()
  } finally {
    vi.useRealTimers()
  }
}
