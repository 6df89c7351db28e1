import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import { createLogin, type LoginOptions } from './index.js'
import { secret, type User } from './testing/site.js'

const user: User = { id: 'ada', passwordHash: 'hash of ada' }

const options = (): LoginOptions<User> => ({
  sessions: new SessionManager({ store: new MemoryStore(), secret }),
  secret,
  userId: ({ id }) => id,
  loadUser: () => user,
  credential: ({ passwordHash }) => passwordHash,
})

describe('options that can not work', () => {
  it.each([
    ['no options', undefined, /createLogin takes an object/],
    ['an unknown one', { session: {} }, /createLogin: session is no option/],
    ['another library’s', { maxAge: 60 }, /createLogin: maxAge is no option/],
    ['no sessions', { sessions: undefined }, /createLogin: sessions is missing/],
    ['the class of the sessions', { sessions: SessionManager }, /sessions is the class/],
    ['a promise of the sessions', { sessions: Promise.resolve() }, /sessions is a promise/],
    ['no secret', { secret: undefined }, /createLogin: secret is missing/],
    ['a short secret', { secret: 'short' }, /createLogin: secret is too short/],
    ['no loadUser', { loadUser: undefined }, /createLogin: loadUser must be a function/],
    ['no userId', { userId: 'id' }, /createLogin: userId must be a function/],
    ['no credential', { credential: undefined }, /createLogin: credential must be a function/],
    ['a list as permissions', { permissions: [] }, /createLogin: permissions must be a function/],
    ['a listener that is none', { onEvent: {} }, /createLogin: onEvent must be a function/],
    ['a limit of 0', { maxSessions: 0 }, /createLogin: maxSessions must be/],
    ['a limit of no number', { maxSessions: '5' }, /createLogin: maxSessions must be/],
    ['another word', { maxSessions: 1, whenFull: 'newest-out' }, /createLogin: whenFull must be/],
    ['whenFull alone', { whenFull: 'refuse' }, /createLogin: whenFull says nothing/],
    ['a function as deviceBound', { deviceBound: () => 'proven' }, /createLogin: deviceBound must have/],
    ['unknown site data', { clearSiteData: ['cookie'] }, /createLogin: clearSiteData must be/],
  ])('are a TypeError that names %s', (_what, wrong, message) => {
    const create = (): unknown => createLogin((wrong && { ...options(), ...wrong }) as LoginOptions<User>)
    expect(create).toThrow(message)
    expect(create).toThrow(TypeError)
  })

  it('know the words by which a browser forgets what it has prefetched', () => {
    expect(() => createLogin({ ...options(), clearSiteData: ['prefetchCache', 'prerenderCache'] })).not.toThrow()
  })

  it('of a guard are told when it is made', () => {
    const { guard } = createLogin(options())
    const attempt = (wrong: unknown) => (): unknown => guard(wrong as never)
    expect(attempt({ role: 'admin' })).toThrow(/guard: role is no option/)
    expect(attempt({ fresh: '5 minutes' })).toThrow(/guard: fresh must be/)
    expect(attempt({ factor: ['a', 'b'] })).toThrow(/guard: factor must be/)
    expect(attempt({ can: 'read' })).toThrow(/needs the option permissions/)
    expect(attempt({ can: [] })).toThrow(/guard: can must be/)
    expect(attempt({ refused: '/sign-in' })).toThrow(/guard: refused must be a function/)
    expect(attempt({ proven: true })).toThrow(/needs the option deviceBound/)
    for (const redirectTo of ['sign-in', '//evil.example', 'javascript:alert(1)', 7]) {
      expect(attempt({ redirectTo })).toThrow(/guard: redirectTo must be/)
      expect(attempt({ confirmAt: redirectTo })).toThrow(/guard: confirmAt must be/)
    }
  })

  it('are told in words where a framework’s context takes the place of a request', async () => {
    const login = createLogin(options())
    expect(() => login.of({} as Request)).toThrow(/takes a Request/)
    await expect(login.guard()({ req: {} } as unknown as Request)).rejects.toThrow(/takes the Request/)
    const ofNode = { headers: { cookie: '' }, url: '/', method: 'GET' } as unknown as Request
    expect(() => login.of(ofNode)).toThrow(/takes a Request.* requestOf/)
    await expect(login.guard()(ofNode)).rejects.toThrow(/takes the Request.* requestOf/)
  })
})
