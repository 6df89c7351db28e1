import { redisStore } from '@fetch-sessions/redis'
import { postgresStore } from '@fetch-sessions/sql'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import cookieSignature from 'cookie-signature'
import session, { type Store } from 'express-session'
import { createClient } from 'redis'
import { afterAll, describe, expect, it } from 'vitest'
import {
  connectPgSimpleRecords,
  connectRedisRecords,
  type ExpressSessionOptions,
  fromExpressSession,
} from './express-session.js'
import { expressApp } from './testing/express-app.js'
import type { Served } from './testing/http.js'
import { Jar } from './testing/jar.js'
import { later, moves, type OldApp } from './testing/moves.js'
import { countVisit, NewApp, type NewData, oldData, signOut } from './testing/new-app.js'
import { findRedis, postgres } from './testing/servers.js'

const secret = 'a secret of express-session'
const prefix = `move-${process.pid}:`
const servers: Served[] = []
const url = await findRedis()
const client = url === undefined ? undefined : await createClient({ url }).connect()
const pool = await postgres(`move_${process.pid}`)

afterAll(async () => {
  for (const server of servers) await server.close()
  for await (const keys of client?.scanIterator({ MATCH: `${prefix}*` }) ?? [])
    if (keys.length > 0) await client?.del(keys)
})

/** The id in a cookie of express-session. */
const sidOf = (header: string): string => /=s%3A([^.]+)[.]/.exec(header)?.[1] as string

type Setting = Partial<Parameters<typeof session>[0]>
type Options = ExpressSessionOptions<NewData, NewData>

const open =
  (store: () => Store, more: Setting = {}, options: Partial<Options> = {}) =>
  async (): Promise<OldApp & { server: Served; store: Store }> => {
    const kept = store()
    const all = { secret, store: kept, resave: false, saveUninitialized: false, ...more }
    const server = await expressApp(session(all))
    servers.push(server)
    return {
      server,
      store: kept,
      isStateless: false,
      from: () => fromExpressSession<NewData, NewData>({ ...all, ...options } as Options),
      signIn: (data) => server.signIn(data),
      see: (header) => server.see(header),
    }
  }

describe.skipIf(client === undefined)('connect-redis', () => {
  const store = (): Store => new RedisStore({ client, prefix })
  moves('express-session with connect-redis', open(store))
  moves(
    'express-session with connect-redis, read without it',
    open(store, {}, { store: connectRedisRecords(client as never, { prefix }) }),
  )
  moves('express-session with another name and place of its cookie', () =>
    open(store, { name: 'sid.old', cookie: { path: '/app', domain: 'example.com' } } as Setting, {})(),
  )

  const signedIn = async (old: OldApp): Promise<string> => new Jar().take(await old.signIn(oldData)).header

  it('goes on in our own store on the same Redis, where nothing of the old one is left', async () => {
    const old = await open(store)()
    const jar = new Jar().take(await old.signIn(oldData))
    const ours = `${prefix}new:`
    const app = new NewApp([old.from()], { store: redisStore(client as never, { prefix: ours }) })
    const header = jar.header
    await Promise.all([1, 2, 3, 4, 5].map(() => app.visit(jar, countVisit, header)))
    expect(await app.visit(jar)).toEqual({ ...oldData, visits: 5 })
    expect(await client?.exists(`${prefix}${sidOf(header)}`)).toBe(0)
    const keys = (await client?.keys(`${ours}*`)) as string[]
    // The session, and the note that the old one has moved.
    expect(keys).toHaveLength(2)
    expect(JSON.stringify(keys)).not.toContain(sidOf(header))
  })

  it('lives as long as Redis says: its own note of the end is of the last save, and not of the last touch', async () => {
    const old = await open(store, { cookie: { maxAge: 60_000 } })()
    const header = await signedIn(old)
    const app = new NewApp([old.from()])
    await later(50, async () => expect(await (await old.server.get('/touch', header)).json()).toBe('ada'))
    await later(90, async () => expect(await app.see(header)).toEqual(oldData))
  })

  it('brings nothing once Redis has dropped it', async () => {
    const old = await open(store)()
    const header = await signedIn(old)
    const app = new NewApp([old.from()])
    const key = `${prefix}${sidOf(header)}`
    expect(await client?.exists(key)).toBe(1)
    await client?.pExpire(key, 1)
    await expect.poll(() => client?.exists(key), { timeout: 10_000 }).toBe(0)
    expect(await app.see(header)).toEqual({})
    expect(app.rejections()).toEqual(['unknown'])
  })

  it('may be signed with an older secret', async () => {
    const header = await signedIn(await open(store)())
    const from = (secret: string[]) => fromExpressSession<NewData, NewData>({ secret, store: store() })
    const without = new NewApp([from(['a newer one'])])
    expect(await without.see(header)).toEqual({})
    expect(without.rejections()).toEqual(['signature'])
    expect(await new NewApp([from(['a newer one', secret])]).see(header)).toEqual(oldData)
  })

  it('maps data, owner and the wish to be remembered', async () => {
    const forAWeek = await open(store, { cookie: { maxAge: 7 * 86_400_000 } })()
    const forNow = await open(store)()
    const from = fromExpressSession({
      secret,
      store: store(),
      map: (old: { passport: { user: number } }) => ({ user: `user-${old.passport.user}` }),
      owner: (old) => String(old.passport.user),
      label: () => 'moved',
      lifetime: (_old, { maxAge }) => (maxAge === undefined ? { persistent: false } : { idleTimeout: maxAge }),
    })
    const app = new NewApp([from], { manager: { idleTimeout: 3600 } })
    const lines: string[][] = []
    for (const [old, user] of [
      [forAWeek, 7],
      [forNow, 8],
    ] as const) {
      const header = new Jar().take(await old.signIn({ passport: { user } })).header
      const request = new Request('https://example.com/', { headers: { cookie: header } })
      const response = await app.sessions.handle(request, async (handle) => {
        expect((await handle.read()).toJSON()).toEqual({ user: `user-${user}` })
        return new Response()
      })
      lines.push(response.headers.getSetCookie())
    }
    expect(lines[0]?.[1]).toContain('; Max-Age=604800;')
    expect(lines[1]?.[1]).not.toContain('Max-Age')
    expect(await app.sessions.listByOwner('7')).toMatchObject([{ owner: '7', label: 'moved' }])
  })

  it('brings nothing, and loses nothing, where `map` throws or returns undefined', async () => {
    const old = await open(store)()
    const header = await signedIn(old)
    const from = (map: () => undefined) => fromExpressSession<NewData, NewData>({ secret, store: store(), map })
    const throwing = new NewApp([
      from(() => {
        throw new Error('no')
      }),
    ])
    const jar = new Jar()
    expect(await throwing.visit(jar, () => {}, header)).toEqual({})
    expect(throwing.rejections()).toEqual(['data'])
    expect(await new NewApp([from(() => undefined)]).visit(jar, () => {}, header)).toEqual({})
    expect(jar.names).toEqual([])
    expect(await old.see(header)).toEqual(oldData)
    expect(await new NewApp([old.from()]).see(header)).toEqual(oldData)
  })
})

describe.skipIf(pool === undefined)('connect-pg-simple', () => {
  const schemaName = `move_${process.pid}`
  const settings = {
    pool,
    schemaName,
    tableName: 'old "sessions"',
    createTableIfMissing: true,
    pruneSessionInterval: false,
  }
  const PgStore = connectPgSimple(session)
  const store = (): Store => new PgStore(settings as never)
  moves('express-session with connect-pg-simple', open(store))
  moves(
    'express-session with connect-pg-simple, read without it',
    open(store, {}, { store: connectPgSimpleRecords(pool as never, settings) }),
  )

  it('goes on in our own store on the same PostgreSQL, where nothing of the old one is left', async () => {
    const old = await open(store)()
    const jar = new Jar().take(await old.signIn(oldData))
    const ours = postgresStore(pool as never, { table: `move_${process.pid}_ours` })
    await ours.migrate()
    const app = new NewApp([old.from()], { store: ours })
    const header = jar.header
    await Promise.all([1, 2, 3, 4, 5].map(() => app.visit(jar, countVisit, header)))
    expect(await app.visit(jar)).toEqual({ ...oldData, visits: 5 })
    expect(await app.count()).toBe(1)
    const table = `"${schemaName}"."old ""sessions"""`
    const left = await pool?.query(`SELECT * FROM ${table} WHERE sid = $1`, [sidOf(header)])
    expect(left?.rows).toEqual([])
    await pool?.query(`DROP TABLE "move_${process.pid}_ours"`)
  })

  it('brings nothing once its time is over', async () => {
    const old = await open(store, { cookie: { maxAge: 60_000 } })()
    const header = new Jar().take(await old.signIn(oldData)).header
    const [app, without] = [
      new NewApp([old.from()]),
      new NewApp([
        fromExpressSession<NewData, NewData>({ secret, store: connectPgSimpleRecords(pool as never, settings) }),
      ]),
    ]
    await later(61, async () => {
      expect(await app.see(header)).toEqual({})
      expect(await without.see(header)).toEqual({})
    })
  })
})

describe('express-session', () => {
  const down: Store = {
    get: (_sid: string, callback: (error: unknown) => void) => callback(new Error('out of reach')),
    destroy: (_sid: string, callback: (error?: unknown) => void) => callback(new Error('out of reach')),
  } as never
  const signed = 's%3Aa-sid.EMqhsxJHPZ3dIYEyAvINDWf%2FPDwWhTWIkYStfdbHrgs'

  it('signs nobody out while its store is down', async () => {
    const header = `connect.sid=${encodeURIComponent(`s:${cookieSignature.sign('a-sid', secret)}`)}`
    const app = new NewApp([fromExpressSession({ secret, store: down as never })])
    await expect(app.see(header)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    const lenient = new NewApp([fromExpressSession({ secret, store: down as never })], {
      manager: { onStoreFailure: 'anonymous' },
    })
    const jar = new Jar()
    expect(await lenient.visit(jar, () => {}, header)).toEqual({})
    expect(jar.names).toEqual([])
  })

  describe('with a store that says ENOENT', () => {
    const header = `connect.sid=${encodeURIComponent(`s:${cookieSignature.sign('a-sid', secret)}`)}`
    const noEntry = (syscall: string) => Object.assign(new Error(`ENOENT, ${syscall}`), { code: 'ENOENT', syscall })
    const saying = (of: { get?: Error; destroy?: Error }) => {
      const records = new Map<string, object>([['a-sid', { ...oldData }]])
      const store = {
        get: (sid: string, done: (error: unknown, record?: unknown) => void) => done(of.get, records.get(sid)),
        destroy: (_sid: string, done: (error?: unknown) => void) => done(of.destroy),
      }
      return { records, app: new NewApp([fromExpressSession({ secret, store })]) }
    }

    it('of a file, there is no session, and nothing to sign out of', async () => {
      const { app, records } = saying({ get: noEntry('open'), destroy: noEntry('unlink') })
      records.clear()
      expect(await app.see(header)).toEqual({})
      const jar = new Jar().take([`${header}; Path=/`])
      await app.visit(jar, signOut)
      expect(jar.names).toEqual([])
    })

    it('of the socket of its server, it is down', async () => {
      const { app } = saying({ get: noEntry('connect'), destroy: noEntry('connect') })
      await expect(app.see(header)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    })

    it.each(['connect', 'unlink'])('when it is to end what it still has (%s), a sign-out fails', async (syscall) => {
      const { app } = saying({ destroy: noEntry(syscall) })
      const jar = new Jar()
      await expect(app.visit(jar, signOut, header)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    })
  })

  it('tells what a record notes of its end, and nothing of what its store notes for itself', async () => {
    const header = `connect.sid=${encodeURIComponent(`s:${cookieSignature.sign('a-sid', secret)}`)}`
    const expires = '2027-03-01T00:00:00.000Z'
    const record = { ...oldData, cookie: { expires, originalMaxAge: 60_000 }, __lastAccess: 1 }
    const store = {
      get: (_sid: string, done: (error: unknown, record?: unknown) => void) => done(null, record),
      destroy: (_sid: string, done: (error?: unknown) => void) => done(),
    }
    const known: unknown[] = []
    const map = (old: NewData, about: unknown): NewData => {
      known.push(about)
      return old
    }
    const app = new NewApp([fromExpressSession({ secret, store, map })])
    expect(await app.see(header)).toEqual(oldData)
    expect(known).toEqual([{ id: 'a-sid', createdAt: undefined, expiresAt: Date.parse(expires), maxAge: 60 }])
  })

  it('asks no store for a cookie that is not signed', async () => {
    const app = new NewApp([fromExpressSession({ secret, store: down as never })])
    expect(await app.see(`connect.sid=${signed}`)).toEqual({})
    expect(await app.see('connect.sid=a-sid')).toEqual({})
    expect(app.rejections()).toEqual(['signature', 'malformed'])
  })

  it.each([
    [{ store: down }, 'secret of express-session is missing'],
    [{ secret: '', store: down }, 'secret of express-session must be a string'],
    [{ secret: [], store: down }, 'secret of express-session is missing'],
    [{ secret }, 'store of express-session must be the store that it had'],
    [{ secret, store: RedisStore }, 'store of express-session must be the store that it had'],
    [{ secret, store: down, name: 'a b' }, 'name of express-session must be the name'],
    [{ secret, store: down, cookie: { path: 'a' } }, 'path of express-session must be'],
    [{ secret, store: down, cookie: () => ({ path: '/' }) }, 'cookie of express-session must be an object'],
    [{ secret, store: down, mapp: () => ({}) }, 'express-session: mapp is no option: there are map, owner'],
    [{ secret, store: down, cookie: { partitioned: 1 } }, 'partitioned of express-session must be'],
  ])('refuses what can not work (%#)', (wrong, message) => {
    expect(() => fromExpressSession(wrong as never)).toThrow(message)
  })

  it('reads no records without a client', () => {
    expect(() => connectRedisRecords({} as never)).toThrow('takes a client of Redis')
    expect(() => connectPgSimpleRecords(undefined as never)).toThrow('takes a pool or client of PostgreSQL')
  })
})
