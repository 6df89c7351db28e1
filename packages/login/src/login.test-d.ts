import { type CookieStore, MemoryStore, type SessionData, SessionManager } from '@fetch-sessions/core'
import { session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { AutoRouter } from 'itty-router'
import { expectTypeOf, test } from 'vitest'
import { guard } from './hono.js'
import { type Auth, createLogin, type DeviceBound, type Guard } from './index.js'
import { guard as ittyGuard, type UserRequest } from './itty-router.js'

interface User {
  id: string
  name: string
  passwordHash: string
}

interface Data {
  cart: string[]
}

const secret = 'a secret of the tests of login, which is long enough'
const find = async (id: string): Promise<User | null> => ({ id, name: 'Ada', passwordHash: 'x' })
const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })

test('the user is what is named, with any manager', () => {
  const login = createLogin<User>({
    sessions,
    secret,
    userId: (user) => user.id,
    loadUser: (id) => find(id),
    credential: (user) => user.passwordHash,
  })
  expectTypeOf(login.of(new Request('https://example.com/'))).toEqualTypeOf<Auth<User, string>>()
  expectTypeOf(login.of(new Request('https://example.com/')).user()).toEqualTypeOf<Promise<User | undefined>>()
  expectTypeOf(login.guard({ can: (user) => user.name === 'Ada' })).toEqualTypeOf<Guard<unknown>>()
})

test('a handle does as well, whatever its session holds', () => {
  const user = { userId: ({ id }: User) => id, loadUser: find, credential: ({ passwordHash }: User) => passwordHash }
  const untyped = new SessionManager({ store: new MemoryStore(), secret })
  expectTypeOf(createLogin<User>({ sessions: untyped, secret, ...user }).of(untyped.open('sid=1'))).toEqualTypeOf<
    Auth<User, string>
  >()
  void createLogin<User>({ sessions, secret, ...user }).of(sessions.open(undefined))
  // @ts-expect-error a session is no handle
  void (async () => createLogin<User>({ sessions, secret, ...user }).of(await sessions.read(undefined)))
})

test('or what loadUser gives, where it stands first; then `keep` knows the keys', () => {
  const login = createLogin({
    loadUser: async (id): Promise<User | undefined> => (await find(id)) ?? undefined,
    userId: (user) => user.id,
    credential: (user) => user.passwordHash,
    sessions,
    secret,
  })
  expectTypeOf(login.of(new Request('https://example.com/'))).toEqualTypeOf<Auth<User, 'cart'>>()
  expectTypeOf(login.sessions).toEqualTypeOf<(env: unknown) => SessionManager<Data>>()
  const user = { id: 'ada', name: 'Ada', passwordHash: 'x' }
  const auth = login.of(new Request('https://example.com/'))
  void auth.signIn(user, { keep: ['cart'] })
  // @ts-expect-error there is no such key
  void auth.signIn(user, { keep: ['crat'] })
  // @ts-expect-error there is no such option
  void auth.signIn(user, { rememberMe: true })
})

test('options, and a function that makes them, do as well', () => {
  const common = {
    loadUser: async (id: string): Promise<User | null> => find(id),
    userId: (user: User) => user.id,
    credential: (user: User) => user.passwordHash,
    secret,
  }
  const ofOptions = createLogin({ ...common, sessions: { store: new MemoryStore(), secret } })
  expectTypeOf(ofOptions.of(new Request('https://example.com/'))).toEqualTypeOf<Auth<User, string>>()
  const ofFunction = createLogin({ ...common, sessions: () => ({ store: new MemoryStore(), secret }) })
  expectTypeOf(ofFunction.sessions).toExtend<(env: never) => SessionManager<SessionData>>()
  const ofManager = createLogin({ ...common, sessions: () => sessions })
  expectTypeOf(ofManager.sessions).toExtend<(env: never) => SessionManager<Data>>()
})

test('env reaches what is made of it', () => {
  interface Env {
    SECRET: string
    DB: { find(id: string): User | undefined }
  }
  const login = createLogin<User, Env>({
    sessions: (env) => ({ store: new MemoryStore(), secret: env.SECRET }),
    secret: (env) => env.SECRET,
    userId: (user) => user.id,
    loadUser: (id, env) => env.DB.find(id),
    credential: (user) => user.passwordHash,
  })
  expectTypeOf(login.sessions).toEqualTypeOf<(env: Env) => SessionManager<SessionData>>()
  const env: Env = { SECRET: secret, DB: { find: () => undefined } }
  void login.of(new Request('https://example.com/'), env)
  // @ts-expect-error no such env
  void login.of(new Request('https://example.com/'), { SECRET: 7 })
  const passes = login.guard({ can: (user, _request, env) => env.DB.find(user.id) !== undefined })
  void passes(new Request('https://example.com/'), env)
  // @ts-expect-error it needs env
  void passes(new Request('https://example.com/'))
  new Hono<{ Bindings: Env }>().use(session((c) => login.sessions(c.env as Env))).get('/', guard(login), (c) => {
    expectTypeOf(c.var.user).toEqualTypeOf<User>()
    return c.text(c.var.user.name)
  })
})

test('a guard asks for no env where nothing is said of one, or there may be none', () => {
  const request = new Request('https://example.com/')
  expectTypeOf<Guard<unknown>>().toBeCallableWith(request)
  expectTypeOf<Guard<{ SECRET: string } | undefined>>().toBeCallableWith(request)
  expectTypeOf<Guard<{ SECRET: string }>>().toBeCallableWith(request, { SECRET: secret })
})

test('frameworks know the user behind a guard', () => {
  const login = createLogin<User>({
    sessions: { store: new MemoryStore() as MemoryStore | CookieStore, secret },
    secret,
    userId: (user) => user.id,
    loadUser: find,
    credential: async (user) => user.passwordHash,
  })
  new Hono()
    .use(session(login.sessions))
    .get('/', guard(login), (c) => {
      expectTypeOf(c.var.user).toEqualTypeOf<User>()
      expectTypeOf(c.var.auth).toEqualTypeOf<Auth<User, string>>()
      return c.text(c.var.user.name)
    })
    .get('/nobody', (c) => {
      // @ts-expect-error nobody has looked
      void c.var.user
      return c.text('')
    })
  AutoRouter().get('/', ittyGuard(login), (request: UserRequest<User>) => {
    expectTypeOf(request.user).toEqualTypeOf<User>()
    return request.user.name
  })
})

test('what knows of devices needs one function', () => {
  expectTypeOf({ state: async () => 'proven' as const }).toExtend<DeviceBound>()
})
