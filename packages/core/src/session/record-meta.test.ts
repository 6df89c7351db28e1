import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionDataError } from '../index.js'
import { sessionCookies } from '../testing/response-cookies.js'
import { reading, signOut, writing } from '../testing/serve.js'
import { stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'
import { parseNotes } from './record-meta.js'

interface Data {
  user: string
}

const odd: string[] = [
  '{"idle":"x"}',
  '{"idle":-1}',
  '{"idle":0}',
  '{"idle":null}',
  '{"idle":1e999}',
  '{}',
  '[]',
  'null',
  '5',
  '""',
  '',
  'rubbish',
  '{"idle":60',
  '{"idle":60,"own":[]}',
  '{"idle":60,"own":{"idleTimeout":"x"}}',
  '{"idle":60,"own":{"absoluteTimeout":0}}',
  '{"idle":60,"own":{"persistent":1}}',
  '{"idle":60,"used":"now"}',
  '{"idle":60,"cookie":5}',
  '{"idle":60,"due":false}',
  '{"idle":60,"label":["x"]}',
  '{"idle":60,"v":0}',
  '{"idle":60,"v":1.5}',
  '{"idle":60,"lock":true}',
  '{"idle":60,"lock":{"by":"x"}}',
  '{"idle":60,"ownerAt":"x"}',
  '{"idle":60,"ended":false}',
  '{"idle":60,"ended":1}',
  '{"idle":60,"superseded":{}}',
  '{"idle":60,"superseded":{"id":5}}',
  '{"idle":60,"superseded":{"id":"x","until":"later"}}',
]

describe('notes that are not what core writes', () => {
  it.each(odd)('are none: %j', (meta) => {
    expect(parseNotes(meta)).toBe(undefined)
  })

  it.each(odd)('are invalid data, and the record is never deleted or written over: %j', async (meta) => {
    const { sessions, store, events } = stagedManager<Data>()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const record = { ...store.memory.load(id), version: 2, meta } as never
    store.memory.update(id, record)
    events.length = 0
    store.forget()
    const response = await reading(sessions, cookie, (session) =>
      expect([session.isNew, session.size]).toEqual([true, 0]),
    )
    expect(sessionCookies(response)).toEqual([])
    expect(events).toMatchObject([{ type: 'rejected', reason: 'data', id }])
    await writing(sessions, cookie, (session) => session.set('user', 'grace'))
    expect(store.memory.load(id)).toEqual(record)
    expect(store.calls.filter((call) => call.id === id).map(({ method }) => method)).toEqual(['load', 'load'])
    const strict = stagedManager<Data>({ store, onInvalidData: 'throw' })
    await expect(strict.sessions.read(visit(cookie))).rejects.toThrow(SessionDataError)
  })

  it('break no list: such a record is left out', async () => {
    const { sessions, store } = stagedManager<Data>()
    const one = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const two = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    store.memory.update(one.id, { ...store.memory.load(one.id), version: 2, meta: '{"idle":"x"}' } as never)
    expect((await sessions.list()).sessions.map(({ id }) => id)).toEqual([two.id])
    expect((await sessions.listByOwner('ada')).map(({ id }) => id)).toEqual([two.id])
  })

  it('never throw, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (meta) => {
        const notes = parseNotes(meta)
        expect(notes === undefined || notes.idle > 0).toBe(true)
      }),
    )
  })
})

describe('a record without notes', () => {
  it.each([undefined, null])('(%j) is one that another program wrote, by the rules of today', async (meta) => {
    const { sessions, store } = stagedManager<Data>()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    store.memory.update(id, { ...store.memory.load(id), version: 2, meta } as never)
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    await writing(sessions, cookie, (session) => session.set('user', 'grace'))
    expect((await sessions.read(visit(cookie))).get('user')).toBe('grace')
  })

  it.each([undefined, null])('(%j) can be signed out, and a failing deletion restores it', async (meta) => {
    const { sessions, store } = stagedManager<Data>()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    store.memory.update(id, { ...store.memory.load(id), version: 2, meta } as never)
    store.beforeNext('delete', async () => {
      // While it is being deleted, it opens nothing.
      expect((await sessions.read(visit(cookie))).isNew).toBe(true)
      throw new Error('out of reach')
    })
    await expect(signOut(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    await signOut(sessions, cookie)
    expect(store.memory.size).toBe(0)
  })
})
