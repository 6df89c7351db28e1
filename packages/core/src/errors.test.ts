import { describe, expect, it } from 'vitest'
import {
  CookieStore,
  isSessionError,
  MemoryStore,
  SessionConflictError,
  SessionDataError,
  SessionError,
  SessionLockedError,
  SessionManager,
  SessionStoreError,
  SessionTooLargeError,
} from './index.js'
import { secret } from './testing/secret.js'
import { stagedManager } from './testing/staged-manager.js'
import { visit } from './testing/visit.js'
import { everything, secrets, value } from './testing/what-is-shown.js'

type Data = Record<string, unknown>

const setUp = stagedManager<Data>

describe('what must not be told', () => {
  it('is in no error that we make, nor in its causes, but for what the store itself put there', async () => {
    const errors: unknown[] = []
    const note = (error: unknown): void => void errors.push(error)
    const cookies: string[] = []
    for (const onInvalidData of ['throw', 'reset'] as const) {
      const { sessions, store } = setUp({ onInvalidData })
      const { cookie, id } = await sessions.issue({ user: value })
      cookies.push(cookie)
      const act = (how: (handle: ReturnType<typeof sessions.open>) => Promise<unknown>): Promise<unknown> =>
        sessions
          .handle(visit(cookie), async (handle) => {
            await how(handle)
            return new Response()
          })
          .catch(note)
      for (const method of ['load', 'update', 'delete', 'create'] as const) {
        store.fail(method)
        await act(async (handle) => {
          const session = await handle.write()
          session.set('n', method)
          if (method === 'create') session.regenerate()
          if (method === 'delete') session.destroy()
        })
        store.heal()
      }
      store.refuse('update')
      await act(async (handle) => (await handle.write()).set('user', `${value}!`))
      store.heal()
      for (const broken of [() => {}, Symbol(value), 1n, Number.NaN]) {
        await act(async (handle) => (await handle.write()).set('key', { [value]: broken }))
      }
      await act(async (handle) => {
        const session = await handle.write()
        session.destroy()
        session.set('user', value)
      })
      const again = await sessions.issue({ user: value })
      cookies.push(again.cookie)
      const record = store.memory.load(again.id)
      if (record !== undefined) store.memory.update(again.id, { ...record, version: 2, data: `{"user":"${value}"` })
      await sessions.read(visit(again.cookie)).catch(note)
      expect(store.memory.load(id)).toBe(undefined)
    }
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (data: unknown) => ({ issues: [{ message: `got ${JSON.stringify(data)}`, path: ['user'] }] }),
      },
    }
    const strict = new SessionManager<Data>({ store: new MemoryStore(), secret, schema, onInvalidData: 'throw' })
    await strict.issue({ user: value }).catch(note)
    const sealed = new SessionManager<Data>({ store: new CookieStore(), secret })
    await sealed.issue({ user: value.repeat(200) }).catch(note)
    expect(errors.length).toBeGreaterThan(12)
    expect(errors.some((error) => error instanceof SessionConflictError)).toBe(true)
    expect(errors.some((error) => error instanceof SessionDataError)).toBe(true)
    for (const error of errors) {
      const told = everything(error)
      expect(error instanceof SessionError || error instanceof TypeError, told).toBe(true)
      for (const hidden of [...cookies.flatMap(secrets), value]) expect(told).not.toContain(hidden)
    }
  })

  it('is in no option error: a short secret is not repeated in its message', () => {
    const short = 'hunter2-hunter2'
    let error: unknown
    try {
      new SessionManager({ store: new MemoryStore(), secret: short })
    } catch (reason) {
      error = reason
    }
    expect(error).toBeInstanceOf(TypeError)
    expect(everything(error)).not.toContain(short)
  })
})

describe('isSessionError', () => {
  it.each([
    new SessionError('ERR_SESSION_UNSUPPORTED', 'no list'),
    new SessionStoreError('load', new Error('connection refused')),
    new SessionConflictError(3),
    new SessionDataError('is broken'),
    new SessionTooLargeError('data', 2, 1),
    new SessionLockedError('held'),
  ])('knows $name', (error) => {
    expect(isSessionError(error)).toBe(true)
  })

  it('knows one of another copy of this package, by its code', () => {
    class SessionStoreError extends Error {
      readonly code = 'ERR_SESSION_STORE'
    }
    expect(isSessionError(new SessionStoreError('of another copy'))).toBe(true)
  })

  it.each([
    ['a plain error', new Error('ERR_SESSION_STORE')],
    ['an error of the platform', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })],
    ['an error with a number for a code', Object.assign(new Error('refused'), { code: 23_505 })],
    ['an error whose code is nothing', Object.assign(new Error('refused'), { code: undefined })],
    ['one whose code ends like ours', Object.assign(new Error('refused'), { code: 'MY_ERR_SESSION_STORE' })],
    ['an object with such a code', { code: 'ERR_SESSION_STORE', message: 'no error' }],
    ['a wrong option', new TypeError('fetch-sessions: secret is missing')],
    ['a Response', new Response(null, { status: 500 })],
    ['a text', 'ERR_SESSION_STORE'],
    ['nothing', undefined],
    ['null', null],
  ])('knows that %s is none', (_what, error) => {
    expect(isSessionError(error)).toBe(false)
  })
})
