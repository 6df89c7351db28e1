import { randomUUID } from 'node:crypto'
import type { SessionRecord, StoredPage } from '@fetch-sessions/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker, WorkerProcess } from '../test/worker-process.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let worker: WorkerProcess
beforeAll(async () => {
  worker = new WorkerProcess(await bundleWorker())
}, 60_000)
afterAll(() => worker?.close())

function newId(): string {
  return randomUUID().padEnd(43, 'x')
}

function record(fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: '{}', createdAt: 1, expiresAt: Date.now() + HOUR, owner: undefined, version: 1, ...fields }
}

async function call<Result>(method: string, args: unknown[], prefix?: string): Promise<Result> {
  const { result } = await worker.post<{ result: Result }>('/call', { store: 'kv', method, args, prefix })
  return result
}

interface StoredKey {
  name: string
  /** Seconds since the epoch. */
  expiration: number
}

async function keysOf(id: string): Promise<StoredKey[]> {
  return (await worker.post<StoredKey[]>('/kv-keys')).filter(({ name }) => name.endsWith(id))
}

/** Milliseconds from now until KV drops the key. */
async function keptFor(id: string, kind = ''): Promise<number> {
  const key = (await keysOf(id)).find(({ name }) => name === `${kind}session:${id}`)
  return key === undefined ? 0 : key.expiration * 1000 - Date.now()
}

const put = (key: string, value: string) => worker.post('/kv-put', { key, value })
const textAt = (key: string) => worker.post<string>('/kv-get', { key })

describe('what Workers KV drops by itself', () => {
  it('is a record after ten lifetimes, or 30 days beyond one, and never in less than the minute that KV takes', async () => {
    const kept = async (lifetime: number): Promise<number> => {
      const id = newId()
      await call('create', [id, record({ expiresAt: Date.now() + lifetime })])
      return keptFor(id)
    }
    for (const lifetime of [-DAY, 0, 1, 5999]) expect(Math.round((await kept(lifetime)) / 60_000)).toBe(1)
    expect(Math.round((await kept(HOUR)) / HOUR)).toBe(10)
    expect(Math.round((await kept(10 * DAY)) / DAY)).toBe(40)
  })

  it('is nothing before its time when uses have moved the expiry on', async () => {
    const id = newId()
    await call('create', [id, record({ expiresAt: Date.now() + 1000 })])
    const expiresAt = Date.now() + HOUR
    expect(await call('touch', [id, expiresAt, 1])).toBe(true)
    expect(Math.round((await keptFor(id)) / HOUR)).toBe(10)
    expect(await keptFor(id, 'used:')).toBeGreaterThan(await keptFor(id))
    // It writes the record anew no more than that.
    const before = await textAt(`session:${id}`)
    expect(await call('touch', [id, expiresAt + HOUR, 1])).toBe(true)
    expect(await textAt(`session:${id}`)).toBe(before)
    expect(await call('load', [id])).toMatchObject({ expiresAt: expiresAt + HOUR })
  })

  it('is the note of an end after 401 days, when no session can live any more', async () => {
    const id = newId()
    await call('create', [id, record()])
    await call('delete', [id])
    expect((await keysOf(id)).map(({ name }) => name)).toEqual([`ended:session:${id}`])
    expect(Math.round((await keptFor(id, 'ended:')) / DAY)).toBe(401)
  })

  it('is no error with an expiry further away than KV can think, and with a clock of fractions', async () => {
    const expiries = [Date.now() + 100 * 365 * DAY, 8.64e15, Number.MAX_SAFE_INTEGER, Date.now() + HOUR + 0.123]
    for (const expiresAt of expiries) {
      const id = newId()
      const stored = record({ expiresAt, createdAt: Date.now() + 0.5 })
      expect(await call('create', [id, stored])).toBe(true)
      expect(await call('update', [id, { ...stored, version: 2 }])).toBe(true)
      expect(await call('touch', [id, expiresAt - 0.5, 2])).toBe(true)
      expect(await call('load', [id])).toEqual({ ...stored, version: 2, expiresAt: expiresAt - 0.5 })
      expect(await call('delete', [id])).toBe(true)
    }
  })
})

describe('a delete', () => {
  it('says that it is over, also of a session that this location does not know', async () => {
    const id = newId()
    expect(await call('delete', [id])).toBe(false)
    expect((await keysOf(id)).map(({ name }) => name)).toEqual([`ended:session:${id}`])
  })

  it('holds against a record that comes back late, with whatever version', async () => {
    const id = newId()
    await call('create', [id, record()])
    const late = await textAt(`session:${id}`)
    await call('delete', [id])
    await put(`session:${id}`, late)
    expect(await call('load', [id])).toBeNull()
    expect(await call('update', [id, record({ version: 2 })])).toBe(false)
    expect(await call('touch', [id, Date.now() + HOUR, 1])).toBe(false)
    expect(await call<StoredPage>('list', [undefined, 1000, 0])).toMatchObject({
      entries: expect.not.arrayContaining([expect.objectContaining({ id })]),
    })
    expect(await call('delete', [id])).toBe(false)
    expect(await keptFor(id)).toBe(0)
  })

  it('removes what is no session at all, which is an error to load', async () => {
    for (const value of ['', 'hello', '{"a":1}', 'null', '{"a":1}\n', '[]\n[]', '\n\n']) {
      const id = newId()
      await put(`session:${id}`, value)
      await expect(call('load', [id])).rejects.toThrow(
        /was not written by this store. The store's own `delete\(id\)` removes/,
      )
      expect(await call('delete', [id])).toBe(true)
      expect(await call('load', [id])).toBeNull()
      expect(await keptFor(id)).toBe(0)
    }
  })
})

describe('an end that is no delete', () => {
  /** What is left of a session that goes on under another id. */
  const marker = (): SessionRecord => record({ data: '', version: 2, meta: 'moved', expiresAt: Date.now() + 30_000 })

  it('holds against a record that comes back late', async () => {
    const id = newId()
    await call('create', [id, record({ owner: 'ada' })])
    const late = await textAt(`session:${id}`)
    const moved = marker()
    expect(await call('update', [id, moved])).toBe(true)
    for (const value of [late, late.replace('"version":1', '"version":7')]) {
      await put(`session:${id}`, value)
      expect(await call('load', [id])).toEqual(moved)
    }
    expect(await call('update', [id, record({ version: 2 })])).toBe(false)
  })

  it('is none when the session goes on over it', async () => {
    const id = newId()
    await call('create', [id, record()])
    await call('update', [id, marker()])
    const next = record({ version: 3, data: 'again' })
    expect(await call('update', [id, next])).toBe(true)
    expect(await call('load', [id])).toEqual(next)
    expect(await call('touch', [id, next.expiresAt + 1000, 3])).toBe(true)
    expect(await call('load', [id])).toEqual({ ...next, expiresAt: next.expiresAt + 1000 })
  })
})

describe('a value', () => {
  it('is not taken for another session’s', async () => {
    for (const kind of ['', 'used:']) {
      const [mine, other] = [newId(), newId()]
      for (const id of [mine, other]) await call('create', [id, record({ data: 'secret of its own' })])
      await call('touch', [other, Date.now() + HOUR, 1])
      await put(`${kind}session:${mine}`, await textAt(`${kind}session:${other}`))
      for (const [method, ...args] of [['load'], ['update', record({ version: 2 })], ['touch', 5, 1], ['delete']]) {
        const answer = call(method as string, [mine, ...args])
        await expect(answer).rejects.toThrow(`asked for session ${mine}, the answer is about another one`)
        await expect(answer).rejects.not.toThrow('secret')
      }
      // The sign-out that failed is done.
      expect((await keysOf(mine)).map(({ name }) => name)).toContain(`ended:session:${mine}`)
    }
  })

  it('is not taken for one of another kind', async () => {
    const [id, over] = [newId(), newId()]
    for (const one of [id, over]) await call('create', [one, record()])
    await call('touch', [id, Date.now() + HOUR, 1])
    await call('delete', [over])
    const values: Record<string, string> = {}
    for (const kind of ['', 'used:']) values[kind] = await textAt(`${kind}session:${id}`)
    // The last one, since a session with a note of its end is over.
    values['ended:'] = (await textAt(`ended:session:${over}`)).replace(over, id)
    for (const [kind, value] of Object.entries(values)) {
      for (const [other, otherValue] of Object.entries(values)) {
        if (other === kind) continue
        await put(`${kind}session:${id}`, otherValue)
        await expect(call('load', [id]), `${other} as ${kind}`).rejects.toThrow('was not written by this store')
      }
      await put(`${kind}session:${id}`, value)
    }
    expect(await call('load', [id])).toBeNull()
  })

  it('takes as many bytes of data as the store says, of whatever characters', async () => {
    const bytes = 26_000_000
    for (const pattern of ['"', '\u0001', '€', '\\']) {
      const id = newId()
      const data = pattern.repeat(bytes / new TextEncoder().encode(pattern).length)
      expect(await worker.post('/kv-large', { id, pattern, bytes })).toBe(data.length)
    }
  }, 60_000)

  it('keeps lone surrogates, which UTF-8 has not', async () => {
    const id = newId()
    const odd = record({ data: '\ud800 and \udfff', meta: '\udc00' })
    await call('create', [id, odd])
    expect(await call('load', [id])).toEqual(odd)
  })
})

describe('a list', () => {
  it('shows owners and notes that are too long for the metadata of a key', async () => {
    const prefix = `${newId()}:`
    const id = newId()
    const long = record({ owner: 'ä'.repeat(600), meta: '€'.repeat(600) })
    await call('create', [id, long], prefix)
    const { owner, meta, createdAt, expiresAt } = long
    const page = await call<StoredPage>('list', [undefined, 10, 0], prefix)
    expect(page.entries).toEqual([{ id, owner, meta, createdAt, expiresAt }])
  })

  it('passes over what this store did not write', async () => {
    const prefix = `${newId()}:`
    const id = newId()
    await call('create', [id, record()], prefix)
    await put(`${prefix}${newId()}`, 'hello')
    await put(`${prefix}other`, 'hello')
    const page = await call<StoredPage>('list', [undefined, 10, 0], prefix)
    expect(page.entries.map((entry) => entry.id)).toEqual([id])
  })

  it('takes more sessions than KV gives values at once', async () => {
    const prefix = `${newId()}:`
    const ids = Array.from({ length: 230 }, newId)
    await worker.post('/kv-many', { ids, prefix, record: record() })
    for (const limit of [230, 5000]) {
      const page = await call<StoredPage>('list', [undefined, limit, 0], prefix)
      expect(page.entries.map(({ id }) => id)).toEqual([...ids].sort())
    }
  })
})

describe('keys', () => {
  it('have the prefix, which is session: by default', async () => {
    const id = newId()
    await call('create', [id, record()])
    await call('create', [id, record()], 'app:')
    expect((await keysOf(id)).map(({ name }) => name)).toEqual([`app:${id}`, `session:${id}`])
  })

  it('that KV does not take are an error of its own', async () => {
    const args: Record<string, unknown[]> = {
      load: [newId()],
      create: [newId(), record()],
      update: [newId(), record({ version: 2 })],
      touch: [newId(), 1, 1],
      delete: [newId()],
    }
    for (const [method, of] of Object.entries(args)) {
      await expect(call(method, of, 'x'.repeat(500))).rejects.toThrow('512')
    }
  })
})
